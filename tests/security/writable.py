"""What each body may hold, as the nouns declare it: one line for every operation that takes a body.

    POST /enrollments: course_id

A line may go on after four spaces. A field that is not named is refused, and a field that is added to a schema has to be
added here: `role`, `status` or an id becomes writable on purpose only.
"""

from __future__ import annotations

from tests.support.nouns import merged


def fields_in(table):
    """The fields by operation."""
    lines = (line.partition(": ") for line in table.replace("\n    ", " ").strip().splitlines())
    return {operation: set(fields.split()) for operation, _, fields in lines}


WRITABLE = merged("WRITABLE", fields_in)
