"""Bulk unassignment: the inverse of assignment, with the same ledger and the same report."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.enums import AssignmentAction, AssignmentState, Mode, Outcome
from app.models.caller import Actor
from app.services.assigning import assignments_effects as effects
from app.services.assigning import assignments_ledger as ledger
from app.services.assigning import assignments_runs as runs
from app.services.assigning.assignments_runs import RunReport
from app.services.catalogue import courses
from app.values.people import People


def unassign(
    actor: Actor,
    ref: str | UUID,
    people: People,
    *,
    atomic: bool = False,
    mode: Mode = Mode.RUN,
    reason: str = "",
    at: datetime | None = None,
) -> RunReport:
    """Cancel the ACTIVE enrollments of these people, from any source. COMPLETED enrollments are kept."""
    people.refuse_too_many()
    course = courses.lock_managed(actor, ref)
    run = runs.begin(
        AssignmentAction.UNASSIGN, actor, course, people, mode=mode, reason=reason, at=at, atomic=atomic
    )
    lines = ledger.write(
        run,
        people,
        sees_everyone=actor.is_admin,
        sees_enrolled=True,
        atomic=atomic,
        preview=mode == Mode.PREVIEW,
    )
    runs.finish(run, lines, at=at)
    if run.state == AssignmentState.APPLIED:
        effects.cancel(run, at=at)
        effects.add_seats_taken(course, -run.counts[Outcome.UNASSIGNED])
    return RunReport(run, people.inputs, lines)
