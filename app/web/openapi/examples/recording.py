"""How the recorded answers were asked for, by which a saved answer is shown with its own request."""

from __future__ import annotations

from collections.abc import Collection

ADDRESS = "http://127.0.0.1:8000"
"""The address in the recorded answers: that of `make run`."""

FORMATS = {"text/csv": "csv", "text/plain": "gift", "application/xml": "moodle_xml"}
"""The `format` that an answer of this media type is asked for with."""


def caller_of(operation_id: str, roles: Collection[str]) -> str:
    """The demo user who sends the example of an operation."""
    is_for_admins = not roles or "ADMIN" in roles
    return "admin" if is_for_admins and operation_id != "ask_to_instruct" else "student5"
