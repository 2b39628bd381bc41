"""Refusals of a bulk call as a whole."""

from __future__ import annotations

from app.errors.base import Conflict, InvalidRequest


class AtomicRefused(Conflict):
    """The run was atomic and a row of it was refused, so nothing was written."""

    code = "atomic_refused"
    title = "Another row of the run was refused, so nothing was written."


class TooManyPeople(InvalidRequest):
    """A call takes at most 10,000 users."""

    code = "too_many_people"
    title = "Too many users for one call: send at most 10,000."
