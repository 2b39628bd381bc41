"""The comparison of a plan with the decisions of this moment: a second preview of the same lines, in a ledger beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, text, update
from sqlalchemy.orm import aliased

from app.db.session import db
from app.enums import AssignmentAction, Mode
from app.errors.bulk import PlanChanged
from app.models.assignment import Assignment
from app.models.assignment_item import AssignmentItem
from app.models.course import Course
from app.services.assigning import assignments_runs as runs
from app.services.assigning import in_request, plans, staging, undo_chunks, undo_staging

ROWS_SHOWN = 100


def stage(plan: Assignment) -> Assignment:
    """A preview of the same lines, staged and not decided yet: for that the courses have to be locked."""
    present = runs.begin(
        plan.action, plan.created_by_id, plan.course_id, mode=Mode.PREVIEW, reason="", is_queued=True,
        at=plan.created_at, **plan.options,
    )  # fmt: skip
    present.sheet, present.undo_of_id = plan.sheet, plan.undo_of_id
    present.committed_by_id = plan.committed_by_id
    if plan.action == AssignmentAction.UNDO:
        undo_staging.stage_plan(present, plan)
    else:
        staging.stage_plan(present, plan)
    return present


def refuse_changed(plan: Assignment, present: Assignment, courses: Sequence[Course]) -> None:
    """Decide about the staged lines, and refuse the plan if a decision differs. The staged run is deleted again.

    :param courses: those of the plan, locked
    """
    if plan.action == AssignmentAction.UNDO:
        undo_chunks.lock_all(present)
    in_request.decide(present, courses)
    if plan.options["atomic"] and plans.has_refusals(present):
        plans.refuse(present)
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
    # The planner takes new ledgers for empty, and would compare each line with every other. Merged, they are read once.
    db.session.execute(text("SET LOCAL enable_nestloop = off"))
    number = db.session.scalar(select(func.count()).select_from(changed.subquery()))
    if number:
        first = db.session.execute(changed.limit(ROWS_SHOWN)).all()
        raise PlanChanged(number, [_row(before, after) for before, after in first])
    _renew_before(plan, present)
    db.session.execute(text("SET LOCAL enable_nestloop = on"))
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


def _row(planned: AssignmentItem, present: AssignmentItem) -> dict[str, Any]:
    return {
        "row": planned.row,
        "input": planned.input,
        "user_id": planned.user_id and str(planned.user_id),
        "course_id": planned.course_id and str(planned.course_id),
        "planned": {"outcome": planned.outcome, "code": planned.code},
        "present": {"outcome": present.outcome, "code": present.code},
    }
