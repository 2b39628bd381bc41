"""What the ledger of a run brings about: enrollments and seats, written from its lines as sets.

Every function here is one statement, and the caller holds the lock of the course.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Update, func, literal, null, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.enums import EnrollmentStatus, Outcome
from app.models.assignment import Assignment, AssignmentItem
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.user import User
from app.services.learning import payments


def enroll(assignment: Assignment, course: Course, actor: User, *, at: datetime | None) -> None:
    """New enrollments, in the order of the people, under the ids that the ledger has given them."""
    row: dict[str, Any] = {
        "id": AssignmentItem.enrollment_id,
        "course_id": AssignmentItem.course_id,
        "user_id": AssignmentItem.user_id,
        "status": AssignmentItem.after_status,
        "source": AssignmentItem.after_source,
        "due_at": AssignmentItem.after_due_at,
        "assigned_by": literal(actor.id),
        "enrolled_at": _moment(at),
        **_terms(course, actor),
    }
    lines = select(*row.values()).where(
        AssignmentItem.assignment_id == assignment.id, AssignmentItem.outcome == Outcome.ASSIGNED
    )
    db.session.execute(insert(Enrollment).from_select(list(row), lines.order_by(AssignmentItem.user_id)))


def bring_back(assignment: Assignment, course: Course, actor: User, *, at: datetime | None) -> None:
    """Cancelled enrollments again, with source and price renewed; what somebody has paid stays paid."""
    db.session.execute(
        _lines_of(assignment, Outcome.REACTIVATED).values(
            status=AssignmentItem.after_status,
            source=AssignmentItem.after_source,
            due_at=AssignmentItem.after_due_at,
            assigned_by=actor.id,
            reactivated_at=_moment(at),
            cancelled_at=null(),
            cancellation_reason=null(),
            **payments.renewed(_terms(course, actor)),
        )
    )


def update_due(assignment: Assignment) -> None:
    """The run's due date for those who were in the course already."""
    db.session.execute(_lines_of(assignment, Outcome.DUE_UPDATED).values(due_at=AssignmentItem.after_due_at))


def cancel(assignment: Assignment, *, at: datetime | None) -> None:
    """Take people out; what they have done stays."""
    db.session.execute(
        _lines_of(assignment, Outcome.UNASSIGNED).values(
            status=EnrollmentStatus.CANCELLED, cancelled_at=_moment(at)
        )
    )


def move_count(course: Course, seats: int) -> None:
    """Seats taken, or given back when negative. A course is not edited by this."""
    if seats:
        db.session.execute(
            update(Course)
            .where(Course.id == course.id)
            .values(enrollment_count=Course.enrollment_count + seats, updated_at=Course.updated_at)
            .execution_options(synchronize_session=False)
        )


def _lines_of(assignment: Assignment, outcome: Outcome) -> Update:
    return (
        update(Enrollment)
        .where(
            Enrollment.id == AssignmentItem.enrollment_id,
            AssignmentItem.assignment_id == assignment.id,
            AssignmentItem.outcome == outcome,
        )
        .execution_options(synchronize_session=False)
    )


def _terms(course: Course, actor: User) -> payments.Terms:
    """An admin's word waives the price; an instructor's does not."""
    return payments.todays(course, is_waived=actor.is_admin)


def _moment(at: datetime | None) -> ColumnElement[Any]:
    return func.now() if at is None else literal(at)
