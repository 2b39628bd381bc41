"""Refusals of a bulk call as a whole."""

from __future__ import annotations

from app.errors.base import Conflict, InvalidRequest


class AtomicRefused(Conflict):
    """The run was atomic, and another row of it was refused: so nothing of this row was written either. Correct or leave out
    the rows of the report that have a code of their own, and send the call again; without `atomic` a refused row does not
    affect the others.
    """

    code = "atomic_refused"
    title = "Another row of the run was refused, so nothing was written."


class TooManyPeople(InvalidRequest):
    """A bulk call or an import takes at most 10,000 rows, duplicates included. Nothing was written. Split the list and send
    the parts one after the other; a user who is named in two of them is not assigned or created twice.
    """

    code = "too_many_people"
    title = "Too many users for one call: send at most 10,000."
