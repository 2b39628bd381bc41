"""Bulk unassignment: the inverse of assignment, with the same ledger and the same report."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.enums import AssignmentAction, AssignmentState, Mode, Outcome
from app.models.caller import Actor
from app.services.assigning import assignments_effects as effects
from app.services.assigning import assignments_ledger as ledger
from app.services.assigning import assignments_runs as runs
from app.services.assigning import orders, queued_runs
from app.services.assigning.assignments_runs import RunReport
from app.services.assigning.queued_runs import Accepted
from app.services.catalogue import courses
from app.values.people import People
from app.values.sheet_file import SheetFile


def unassign(
    actor: Actor,
    ref: str | UUID,
    people: People,
    *,
    atomic: bool = False,
    mode: Mode = Mode.RUN,
    reason: str = "",
    at: datetime | None = None,
    in_background: bool = False,
    file: SheetFile | None = None,
) -> RunReport | Accepted:
    """Cancel the ACTIVE enrollments of these people, from any source. COMPLETED enrollments are kept."""
    if file is not None:
        return orders.carry_out(
            actor,
            AssignmentAction.UNASSIGN,
            people,
            courses=[courses.get_managed(actor, ref).id],
            file=file,
            atomic=atomic,
            mode=mode,
            reason=reason,
            in_background=in_background,
        )
    if queued_runs.takes(people, atomic=atomic, in_background=in_background):
        course_id = courses.get_managed(actor, ref).id
        return queued_runs.accept(
            AssignmentAction.UNASSIGN, actor, course_id, people, mode=mode, reason=reason, atomic=atomic
        )
    course = courses.lock_managed(actor, ref)
    run = runs.begin(
        AssignmentAction.UNASSIGN,
        actor.id,
        course.id,
        requested=len(people),
        mode=mode,
        reason=reason,
        at=at,
        atomic=atomic,
    )
    lines = ledger.write(
        run,
        people,
        sees_everyone=actor.is_admin,
        sees_enrolled=True,
        at=at,
        atomic=atomic,
        preview=mode == Mode.PREVIEW,
    )
    runs.finish(run, lines, at=at)
    if run.state == AssignmentState.APPLIED:
        effects.cancel(run, at=at)
        effects.add_seats_taken(course, -run.counts[Outcome.UNASSIGNED])
    return RunReport(run, people.inputs, lines)
