"""The writes that follow from decided rows of one course, whose row the caller holds locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.enums import Outcome
from app.models.assignment import Assignment
from app.models.caller import Actor
from app.models.course import Course
from app.services.assigning import assignments_effects as effects
from app.services.assigning import assignments_ledger as ledger
from app.services.learning import completion


def write(
    run: Assignment,
    course: Course,
    actor: Actor,
    rows: Mapping[str, Sequence[int]],
    reactivated: Sequence[UUID],
) -> None:
    """Write enrollments and seats of these rows, by outcome; complete those that come back with every lesson completed."""
    joined, returned = rows.get(Outcome.ASSIGNED, ()), rows.get(Outcome.REACTIVATED, ())
    left = rows.get(Outcome.UNASSIGNED, ())
    if joined:
        effects.enroll(run, course, actor, at=None, rows=joined)
    if Outcome.DUE_UPDATED in rows:
        effects.update_due(run, rows=rows[Outcome.DUE_UPDATED])
    if left:
        effects.cancel(run, at=None, rows=left)
    effects.add_seats_taken(course, len(joined) + len(returned) - len(left))
    if returned:
        effects.reactivate(run, course, actor, at=None, rows=returned)
        completed = completion.settle(course.id, enrollment_ids=reactivated)
        if completed:
            ledger.record_completed(run, completed, rows=returned)
