"""Commit of a preview: exactly the plan is written, or nothing.

The lines of the plan are decided once more, by the same statements, under the locks of all its courses; a line whose
decision would now be another one refuses the commit, and the plan stays for later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, null, or_, select, update
from sqlalchemy.orm import aliased

from app.db.session import db
from app.enums import AssignmentAction, AssignmentState, Mode
from app.errors.base import Forbidden
from app.errors.bulk import PlanChanged, TooManyPeople
from app.errors.catalogue import InvalidTransition
from app.errors.requests import PreconditionFailed, PreconditionRequired
from app.models.assignment import Assignment, AssignmentItem
from app.models.caller import Actor
from app.models.course import Course
from app.services.assigning import assignments_runs as runs
from app.services.assigning import chunks, in_request, plans, staging, undo_staging, undoing
from app.services.assigning.assignments_runs import RunReport
from app.services.people import users_delete
from app.values.identifiers import MOST_ROWS

ROWS_SHOWN = 100
ANY_VERSION = "*"


def write_plan(actor: Actor, assignment_id: UUID, *, plan_etag: str | None) -> RunReport:
    """Write the plan of this preview, whose ETag says which one the caller has read."""
    plan = runs.lock_visible(actor, assignment_id)
    if plan.state != AssignmentState.PREVIEW:
        raise InvalidTransition("Only a preview can be committed, and only once.")
    if plan.action == AssignmentAction.UNDO:
        _lock_first(plan)
    if plan_etag is None:
        raise PreconditionRequired("Send the plan_etag of the preview as If-Match.")
    if plan_etag.strip().strip('"') not in {plan.plan_etag, ANY_VERSION}:
        raise PreconditionFailed("If-Match is not the plan_etag of this preview.")
    if plan.requested > MOST_ROWS:
        raise TooManyPeople(
            f"A plan of up to {MOST_ROWS:,} lines can be committed; send a larger run itself."
        )
    users_delete.prevent_deletions()
    courses = _lock_courses(actor, plan)
    _refuse_changed(plan)
    plan.is_preview, plan.expires_at, plan.finished_at = False, null(), func.clock_timestamp()
    is_refused = bool(plan.options["atomic"]) and plans.has_refusals(plan)
    plan.state = AssignmentState.REFUSED if is_refused else AssignmentState.APPLIED
    db.session.flush()
    if not is_refused:
        plans.apply(plan, actor, courses)
    db.session.refresh(plan)
    return in_request.report_of(plan)


def _lock_first(plan: Assignment) -> Assignment:
    """The run that this plan undoes, if nothing has undone it meanwhile."""
    locked = select(Assignment).where(Assignment.id == plan.undo_of_id).with_for_update(key_share=True)
    first = db.session.scalars(locked.execution_options(populate_existing=True)).one()
    undoing.refuse(first)
    return first


def _lock_courses(actor: Actor, plan: Assignment) -> Sequence[Course]:
    locked = (
        select(Course)
        .where(Course.id.in_(staging.courses_of(plan)))
        .order_by(Course.id)
        .with_for_update(key_share=True)
    )
    courses = db.session.scalars(locked.execution_options(populate_existing=True)).all()
    if not all(course.managed_by(actor) for course in courses):
        raise Forbidden
    return courses


def _refuse_changed(plan: Assignment) -> None:
    present = _decided_now(plan)
    planned_line, line = aliased(AssignmentItem), aliased(AssignmentItem)
    differs = or_(
        planned_line.outcome != line.outcome,
        planned_line.code.is_distinct_from(line.code),
        planned_line.user_id.is_distinct_from(line.user_id),
        planned_line.before_status.is_distinct_from(line.before_status),
    )
    changed = (
        select(planned_line, line)
        .join(line, and_(line.assignment_id == present.id, line.row == planned_line.row))
        .where(planned_line.assignment_id == plan.id, differs)
        .order_by(planned_line.row)
    )
    number = db.session.scalar(select(func.count()).select_from(changed.subquery()))
    if number:
        first = db.session.execute(changed.limit(ROWS_SHOWN)).all()
        raise PlanChanged(number, [_row(before, after) for before, after in first])
    _renew_before(plan, present)
    db.session.execute(
        delete(Assignment).where(Assignment.id == present.id).execution_options(synchronize_session=False)
    )


def _renew_before(plan: Assignment, present: Assignment) -> None:
    """A source or a due date that changed since and decides nothing: the ledger has what the commit replaces."""
    line = aliased(AssignmentItem)
    names = ("before_source", "before_due_at")
    db.session.execute(
        update(AssignmentItem)
        .where(
            AssignmentItem.assignment_id == plan.id,
            line.assignment_id == present.id,
            line.row == AssignmentItem.row,
            or_(*(getattr(AssignmentItem, each).is_distinct_from(getattr(line, each)) for each in names)),
        )
        .values({each: getattr(line, each) for each in (*names, "after_source", "after_due_at")})
        .execution_options(synchronize_session=False)
    )


def _decided_now(plan: Assignment) -> Assignment:
    """A preview of the same lines, at this moment."""
    present = runs.begin(
        plan.action, plan.created_by_id, plan.course_id, mode=Mode.PREVIEW, reason="", is_queued=True,
        at=plan.created_at, **plan.options,
    )  # fmt: skip
    present.sheet, present.undo_of_id = plan.sheet, plan.undo_of_id
    if plan.action == AssignmentAction.UNDO:
        undo_staging.stage(present)
    else:
        staging.stage_plan(present, plan)
    while present.next_batch <= present.batches:
        chunks.advance(present, in_request.LINES_AT_ONCE)
    if plan.options["atomic"] and plans.has_refusals(present):
        plans.refuse(present)
    return present


def _row(planned: AssignmentItem, present: AssignmentItem) -> dict[str, Any]:
    return {
        "row": planned.row,
        "input": planned.input,
        "user_id": planned.user_id and str(planned.user_id),
        "course_id": planned.course_id and str(planned.course_id),
        "planned": {"outcome": planned.outcome, "code": planned.code},
        "present": {"outcome": present.outcome, "code": present.code},
    }
