"""Commit of a preview: exactly the plan is written, or nothing.

The lines of the plan are decided once more, by the same statements, under the locks of all its courses; a line whose
decision would now be another one refuses the commit, and the plan stays for later. A large plan is left to a worker,
which does the same in one transaction: what it cannot write leaves a preview behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import func, null, select

from app.adapters import queue
from app.db.session import after_commit, db, savepoint
from app.enums import AssignmentAction, AssignmentState
from app.errors.base import Forbidden
from app.errors.bulk import PlanChanged, PlanExpired
from app.errors.catalogue import InvalidTransition
from app.errors.requests import PreconditionFailed, PreconditionRequired
from app.models.assignment import Assignment
from app.models.caller import Actor
from app.models.course import Course
from app.services.assigning import assignments_runs as runs
from app.services.assigning import (
    cancellations,
    chunk_scope,
    in_request,
    plans,
    plans_compared,
    staging,
    undoing,
)
from app.services.assigning.assignments_runs import RunReport
from app.services.assigning.queued_runs import Accepted
from app.services.people import users_delete
from app.values.identifiers import MOST_ROWS

CHANGED = (
    "{changed} of {requested} lines of the plan would now be decided differently, among them row {row}: nothing was"
    " written. Make a new preview, or commit this one when everything is again as it was."
)


def write_plan(
    actor: Actor, assignment_id: UUID, *, plan_etag: str | None, in_background: bool = False
) -> RunReport | Accepted:
    """Write the plan of this preview, whose ETag says which one the caller has read. A worker writes a large one."""
    plan, is_expired = runs.lock_plan(actor, assignment_id)
    if plan.state != AssignmentState.PREVIEW:
        raise InvalidTransition("Only a preview can be committed, and only once.")
    if is_expired or not plan.counts:  # those of a plan without a ledger are empty
        raise PlanExpired
    if plan_etag is None:
        raise PreconditionRequired("Send the plan_etag of the preview as If-Match.")
    if plan_etag.strip().strip('"') != plan.plan_etag:
        raise PreconditionFailed("If-Match is not the plan_etag of this preview.")
    if plan.action == AssignmentAction.UNDO:
        undoing.lock_first(plan)
    plan.committed_by_id = actor.id
    if plan.requested > MOST_ROWS or in_background:
        return _accept(actor, plan)
    _write(actor, plan)
    return in_request.report_of(plan)


def carry(plan: Assignment) -> None:
    """Write a plan that was left to a worker. If a decision has changed, the run is a preview again."""
    try:
        with savepoint():
            _write(chunk_scope.committer_of(plan), plan)
    except PlanChanged as changed:
        reason = CHANGED.format(
            changed=f"{changed.changed:,}", requested=f"{plan.requested:,}", row=changed.rows[0]["row"]
        )
    except InvalidTransition as undone:
        reason = undone.message
    else:
        return
    db.session.refresh(plan)
    plans.leave_as_preview(plan, reason)


def _accept(actor: Actor, plan: Assignment) -> Accepted:
    """Leave the commit to a worker: it is one batch more."""
    cancellations.withdraw(plan.id)
    _refuse_foreign(actor, _courses_of(plan))
    plan.state, plan.is_preview, plan.is_committing = AssignmentState.QUEUED, False, True
    plan.batches, plan.next_batch = max(plan.batches, plan.next_batch), max(plan.batches, plan.next_batch)
    plan.expires_at, plan.last_error, plan.enqueued_at = null(), None, func.now()
    after_commit(partial(queue.carry_run, plan.id, is_whole=True))
    return Accepted(runs.reread(plan))


def _write(actor: Actor, plan: Assignment) -> None:
    if plan.action == AssignmentAction.UNDO:
        undoing.lock_first(plan)
    present = plans_compared.stage(plan)
    users_delete.prevent_deletions()
    courses = _lock_courses(actor, plan)
    plans_compared.refuse_changed(plan, present, courses)
    plan.is_preview, plan.expires_at, plan.finished_at = False, null(), func.clock_timestamp()
    is_refused = bool(plan.options["atomic"]) and plans.has_refusals(plan)
    plan.state = AssignmentState.REFUSED if is_refused else AssignmentState.APPLIED
    if plan.is_committing:
        plan.is_committing, plan.next_batch = False, plan.batches + 1
        plan.lease, plan.leased_until = null(), null()
    if plan.action == AssignmentAction.UNDO:
        undoing.lock_first(plan).undone_by_id = plan.id
    db.session.flush()
    if not is_refused:
        plans.apply(plan, actor, courses)
    db.session.refresh(plan)


def _courses_of(plan: Assignment) -> Sequence[Course]:
    of_plan = Course.id.in_(staging.courses_of(plan))
    return db.session.scalars(select(Course).where(of_plan)).all()


def _lock_courses(actor: Actor, plan: Assignment) -> Sequence[Course]:
    locked = (
        select(Course)
        .where(Course.id.in_(staging.courses_of(plan)))
        .order_by(Course.id)
        .with_for_update(key_share=True)
    )
    courses = db.session.scalars(locked.execution_options(populate_existing=True)).all()
    _refuse_foreign(actor, courses)
    return courses


def _refuse_foreign(actor: Actor, courses: Sequence[Course]) -> None:
    if not all(course.managed_by(actor) for course in courses):
        raise Forbidden("A course of this plan has another instructor now: only an admin can commit it.")
