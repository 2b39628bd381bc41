"""Staged runs that are carried in their request, in one transaction, and answered with a report.

The steps are those of a worker. All courses are locked first, in the order of their ids, so that two such requests never
wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from sqlalchemy import Text, cast, select

from app.db.session import db
from app.enums import AssignmentAction
from app.models.assignment import Assignment
from app.models.assignment_item import AssignmentItem
from app.models.assignment_stage import AssignmentCourse
from app.models.course import Course
from app.models.user import User
from app.services.assigning import chunks, plans, undo_chunks
from app.services.assigning.assignments_ledger import LedgerLine
from app.services.assigning.assignments_runs import RunReport, courses_of
from app.services.people import users_delete

LINES_AT_ONCE = 5_000


def carry(run: Assignment) -> RunReport:
    """Write every line of the run, and return its report."""
    carry_whole(run)
    return report_of(run)


def carry_whole(run: Assignment) -> None:
    """Write every line of the run; of an atomic one all or none."""
    if not run.is_preview:
        # Before the courses, as a deletion takes its locks, and a retry of a run that is undone.
        users_delete.prevent_deletions()
        if run.action == AssignmentAction.UNDO:
            undo_chunks.lock_first(run)
    courses = _courses_of(run)
    decide(run, courses)
    if run.options["atomic"]:
        _settle(run, courses)
        db.session.refresh(run)


def decide(run: Assignment, courses: Sequence[Course]) -> None:
    """Carry all staged lines, chunk by chunk. The courses are locked, unless the run only previews."""
    if run.next_batch <= run.batches:
        chunks.carry_all(run, LINES_AT_ONCE, courses)
    db.session.refresh(run)


def report_of(run: Assignment) -> RunReport:
    """The report of a run, read from its ledger."""
    columns = [
        cast(getattr(AssignmentItem, name), Text)
        if name in {"user_id", "enrollment_id"}
        else getattr(AssignmentItem, name)
        for name in LedgerLine._fields
    ]
    found = db.session.execute(
        select(AssignmentItem.input, cast(AssignmentItem.course_id, Text), *columns)
        .where(AssignmentItem.assignment_id == run.id)
        .order_by(AssignmentItem.row)
    ).all()
    return RunReport(
        run,
        list(map(itemgetter(0), found)),
        [LedgerLine._make(row[2:]) for row in found],
        list(map(itemgetter(1), found)),
        courses_of(run),
    )


def _settle(run: Assignment, courses: Sequence[Course]) -> None:
    """All or nothing; a preview shows what that would be."""
    if plans.has_refusals(run):
        plans.refuse(run)
    elif not run.is_preview:
        actor = db.session.get_one(User, run.created_by_id)
        plans.apply(run, actor, courses)


def _courses_of(run: Assignment) -> Sequence[Course]:
    """The courses of the run as they are now; locked, unless it only previews."""
    of_run = select(AssignmentCourse.course_id).where(AssignmentCourse.assignment_id == run.id)
    found = select(Course).where(Course.id.in_(of_run)).order_by(Course.id)
    locked = found if run.is_preview else found.with_for_update(key_share=True)
    return db.session.scalars(locked.execution_options(populate_existing=True)).all()
