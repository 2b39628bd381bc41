"""Undo of a bulk run: a run of its own that puts back what the first one changed and what was not changed since."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.db.session import db
from app.enums import AssignmentAction, Mode
from app.errors.catalogue import InvalidTransition
from app.models.assignment import Assignment
from app.models.caller import Actor
from app.services.assigning import assignments_runs as runs
from app.services.assigning import queued_runs, undo_staging
from app.services.assigning.assignments_runs import RunReport
from app.services.assigning.queued_runs import Accepted


def undo(
    actor: Actor,
    assignment_id: UUID,
    *,
    mode: Mode = Mode.RUN,
    reason: str = "",
    notify: bool = True,
    in_background: bool = False,
) -> RunReport | Accepted:
    """Undo the run, or preview that. A large one is left to a worker.

    :param notify: whether users who were notified of the run are notified of the undo
    """
    first = runs.lock_visible(actor, assignment_id)
    refuse(first)
    run = runs.begin(
        AssignmentAction.UNDO,
        actor.id,
        first.course_id,
        mode=mode,
        reason=reason,
        is_queued=True,
        atomic=False,
        notify=notify,
    )
    run.undo_of_id = first.id
    undo_staging.stage(run)
    undo_staging.refuse_foreign(actor, run)
    if mode == Mode.RUN:
        # The row is locked: of two undos at once the later one sees this.
        first.undone_by_id = run.id
    return queued_runs.start(run, in_background=in_background)


def lock_first(plan: Assignment) -> Assignment:
    """The run that this plan undoes, locked, if nothing has undone it meanwhile."""
    locked = select(Assignment).where(Assignment.id == plan.undo_of_id).with_for_update(key_share=True)
    first = db.session.scalars(locked.execution_options(populate_existing=True)).one()
    refuse(first)
    return first


def refuse(first: Assignment) -> None:
    """Raise what keeps this run from being undone. Its row is locked."""
    if first.is_undoable:
        return
    if first.action == AssignmentAction.UNDO:
        raise InvalidTransition("An undo cannot be undone. Assign the users again.")
    if first.undone_by_id is not None:
        raise InvalidTransition("This run was undone already, see undone_by.")
    raise InvalidTransition("Only a run that has ended and written something can be undone.")
