"""Plans: a ledger whose decisions are not written yet, which an atomic run writes whole or not at all.

The courses of the run are locked by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, null, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.db.session import db
from app.enums import AssignmentAction, AssignmentState, Outcome
from app.models.assignment import WRITTEN, Assignment
from app.models.assignment_item import AssignmentItem
from app.models.assignment_stage import AssignmentCourse
from app.models.caller import Actor
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.services.assigning import assignments_effects as effects
from app.services.assigning import assignments_ledger as ledger
from app.services.assigning import cancellations, decided_rows, undo_chunks
from app.services.assigning.assignments_runs import PREVIEW_LIFE
from app.services.learning import enrollment_notices
from app.values.terms import Terms

LINES_AT_ONCE = 20_000
"""A plan of a million lines is written in so many parts that the numbers of one part take no memory to speak of."""


def has_refusals(run: Assignment) -> bool:
    return any(run.counts.get(outcome) for outcome in ledger.REFUSALS)


def leave_as_preview(run: Assignment, reason: str | None) -> None:
    """A commit that wrote nothing: the plan is a preview again, and expires when it would have."""
    run.state, run.is_preview, run.is_committing = AssignmentState.PREVIEW, True, False
    run.next_batch, run.stalls = run.batches + 1, 0
    run.expires_at = Assignment.finished_at + PREVIEW_LIFE
    run.last_error = reason and reason[:500]
    run.lease, run.leased_until = null(), null()
    db.session.flush()


def refuse(run: Assignment) -> None:
    """Nothing of an atomic run is written: its good lines are skipped."""
    db.session.execute(
        update(AssignmentItem)
        .where(effects.lines_of(run, *WRITTEN))
        .values(
            outcome=Outcome.SKIPPED,
            code="atomic_refused",
            after_status=AssignmentItem.before_status,
            after_source=AssignmentItem.before_source,
            after_due_at=AssignmentItem.before_due_at,
        )
        .execution_options(synchronize_session=False)
    )
    run.counts = _skipped(run.counts)
    run.state = AssignmentState.PREVIEW if run.is_preview else AssignmentState.REFUSED
    run.overdue = 0
    of_run = AssignmentCourse.assignment_id == run.id
    for course in db.session.scalars(select(AssignmentCourse).where(of_run)):
        course.counts = _skipped(course.counts)
    db.session.flush()


def apply(run: Assignment, actor: Actor, courses: Sequence[Course]) -> None:
    """Write exactly what the ledger says, part by part, and in each part course by course."""
    by_id = {course.id: course for course in courses}
    for first in range(1, run.requested + 1, LINES_AT_ONCE):
        cancellations.check()
        for course_id, lines in _lines_by_course(run, first).items():
            _apply(run, actor, by_id[course_id], lines)
    cancellations.check()
    if run.action == AssignmentAction.UNDO:
        undo_chunks.end(run)
    elif run.action == AssignmentAction.ASSIGN and Terms.of_json(run.options).notify:
        enrollment_notices.notify_assigned(run.id)


def _lines_by_course(run: Assignment, first: int) -> dict[UUID, dict[Outcome, Sequence[int]]]:
    """The rows to write of one part, by course and outcome. The ledger, which is not ordered by course, is read once."""
    found = db.session.execute(
        select(
            AssignmentItem.course_id,
            AssignmentItem.outcome,
            func.array_agg(aggregate_order_by(AssignmentItem.row, AssignmentItem.row)),
        )
        .where(
            effects.lines_of(run, *WRITTEN, Outcome.UNDONE),
            AssignmentItem.row.between(first, first + LINES_AT_ONCE - 1),
        )
        .group_by(AssignmentItem.course_id, AssignmentItem.outcome)
        .order_by(AssignmentItem.course_id)
    )
    by_course: dict[UUID, dict[Outcome, Sequence[int]]] = {}
    for course_id, outcome, rows in found:
        if course_id is not None:
            by_course.setdefault(course_id, {})[outcome] = rows
    return by_course


def _apply(run: Assignment, actor: Actor, course: Course, lines: Mapping[Outcome, Sequence[int]]) -> None:
    if Outcome.UNDONE in lines:
        undo_chunks.apply(run, course, rows=lines[Outcome.UNDONE])
        return
    if Outcome.ASSIGNED in lines:
        columns = {
            "enrollment_id": _enrollment_id(course),
            "after_payment": effects.payment_of(course, actor),
        }
        _complete(run, Outcome.ASSIGNED, lines, columns)
    if Outcome.UNASSIGNED in lines:
        _complete(run, Outcome.UNASSIGNED, lines, {"acted_at": func.now()})
    reactivated: list[UUID] = []
    if Outcome.REACTIVATED in lines:
        returned = select(AssignmentItem.enrollment_id).where(
            effects.lines_of(run, Outcome.REACTIVATED, rows=lines[Outcome.REACTIVATED])
        )
        reactivated = [each for each in db.session.scalars(returned) if each]
    rows = {outcome.value: numbers for outcome, numbers in lines.items()}
    decided_rows.write(run, course, actor, rows, reactivated)


def _enrollment_id(course: Course) -> ColumnElement[UUID]:
    """A new id, or that of an enrollment whose run was undone."""
    if not effects.has_undone(course):
        return func.uuid7(type_=Uuid())
    undone = select(Enrollment.id).where(
        Enrollment.course_id == AssignmentItem.course_id, Enrollment.user_id == AssignmentItem.user_id
    )
    return func.coalesce(undone.scalar_subquery(), func.uuid7(type_=Uuid()))


def _complete(
    run: Assignment, outcome: Outcome, lines: Mapping[Outcome, Sequence[int]], columns: dict[str, Any]
) -> None:
    """Add to the lines what only their writing decides."""
    db.session.execute(
        update(AssignmentItem)
        .where(effects.lines_of(run, outcome, rows=lines[outcome]))
        .values(**columns)
        .execution_options(synchronize_session=False)
    )


def _skipped(counts: dict[str, int]) -> dict[str, int]:
    amount = sum(counts.get(outcome, 0) for outcome in WRITTEN)
    emptied = {outcome.value: 0 for outcome in WRITTEN if outcome in counts}
    return {**counts, **emptied, Outcome.SKIPPED.value: counts.get(Outcome.SKIPPED, 0) + amount}
