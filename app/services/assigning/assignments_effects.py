"""Set-based writes of a bulk run: enrollments and seats, from the lines of its ledger.

Every function here is one statement, and its caller holds the course's row lock. `rows` limits it to the lines of one
chunk; None means the whole run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.enums import EnrollmentStatus, Outcome, PaymentStatus
from app.models.assignment import Assignment
from app.models.assignment_item import AssignmentItem
from app.models.caller import Actor
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.review import Review
from app.services.learning import payments

Rows = Sequence[int] | None


def enroll(
    assignment: Assignment, course: Course, actor: Actor, *, at: datetime | None, rows: Rows = None
) -> None:
    """Insert enrollments under the ids that the ledger has assigned, in user order.

    One whose run was undone is there already, and begins again.
    """
    row: dict[str, Any] = {
        "id": AssignmentItem.enrollment_id,
        "course_id": AssignmentItem.course_id,
        "user_id": AssignmentItem.user_id,
        "status": AssignmentItem.after_status,
        "source": AssignmentItem.after_source,
        "due_at": AssignmentItem.after_due_at,
        "assigned_by": literal(actor.id),
        "enrolled_at": _moment(at),
        **_price(course, actor),
    }
    lines = select(*row.values()).where(
        lines_of(assignment, Outcome.ASSIGNED, rows=rows), AssignmentItem.course_id == course.id
    )
    made = insert(Enrollment).from_select(list(row), lines.order_by(AssignmentItem.user_id))
    if has_undone(course):
        renewed: dict[str, Any] = {name: made.excluded[name] for name in list(row)[3:]}
        made = made.on_conflict_do_update(
            constraint=Enrollment.ONE_PER_PERSON,
            where=Enrollment.is_undone(),
            set_={**renewed, "reactivated_at": null(), "cancelled_at": null(), "cancellation_reason": null()},
        )
    db.session.execute(made)


def reactivate(
    assignment: Assignment, course: Course, actor: Actor, *, at: datetime | None, rows: Rows = None
) -> None:
    """Reactivate cancelled enrollments with today's source and price. What was PAID once stays paid.

    What that replaces is recorded in the ledger first, for an undo.
    """
    db.session.execute(_recording_former(assignment, course, actor, _moment(at), rows))
    db.session.execute(
        _updating(assignment, Outcome.REACTIVATED, rows).values(
            status=AssignmentItem.after_status,
            source=AssignmentItem.after_source,
            due_at=AssignmentItem.after_due_at,
            assigned_by=actor.id,
            reactivated_at=_moment(at),
            cancelled_at=null(),
            cancellation_reason=null(),
            **payments.keeping_paid(_price(course, actor)),
        )
    )


def update_due(assignment: Assignment, *, rows: Rows = None) -> None:
    """Set the run's due date on enrollments that existed before it."""
    db.session.execute(
        _updating(assignment, Outcome.DUE_UPDATED, rows).values(due_at=AssignmentItem.after_due_at)
    )


def cancel(assignment: Assignment, *, at: datetime | None, rows: Rows = None) -> None:
    """Cancel enrollments. Progress is kept."""
    db.session.execute(
        _updating(assignment, Outcome.UNASSIGNED, rows).values(
            status=EnrollmentStatus.CANCELLED, cancelled_at=_moment(at)
        )
    )


def add_seats_taken(course: Course, seats: int) -> None:
    """Change the counter of seats taken; negative frees seats. It is no edit of the course: `updated_at` is kept."""
    if seats:
        db.session.execute(
            update(Course)
            .where(Course.id == course.id)
            .values(enrollment_count=Course.enrollment_count + seats, updated_at=Course.updated_at)
            .execution_options(synchronize_session=False)
        )


def lines_of(assignment: Assignment, *outcomes: Outcome, rows: Rows = None) -> ColumnElement[bool]:
    """The lines of this run with one of these outcomes."""
    return and_(
        AssignmentItem.assignment_id == assignment.id,
        AssignmentItem.outcome.in_(outcomes),
        AssignmentItem.is_among(rows),
    )


def _updating(assignment: Assignment, outcome: Outcome, rows: Rows) -> Update:
    return (
        update(Enrollment)
        .where(
            Enrollment.id == AssignmentItem.enrollment_id,
            lines_of(assignment, outcome, rows=rows),
        )
        .execution_options(synchronize_session=False)
    )


def has_undone(course: Course) -> bool:
    """Whether the course has enrollments that count as never begun."""
    found = exists().where(Enrollment.course_id == course.id, Enrollment.is_undone())
    return bool(db.session.scalar(select(found)))


_FORMER = (
    "assigned_by",
    "reactivated_at",
    "cancelled_at",
    "cancellation_reason",
    "payment_status",
    "price_at_enrollment",
    "currency",
    "completion_number",
    "last_accessed",
    "grade",
)
"""What an undo restores of a reactivated enrollment, and by what it sees that its user has gone on since."""


def _recording_former(
    assignment: Assignment, course: Course, actor: Actor, moment: ColumnElement[Any], rows: Rows
) -> Update:
    reviewed_at = (
        select(Review.updated_at)
        # IS TRUE: looked up by author, who has few, and not by a course that may have many.
        .where(Review.author_id == Enrollment.user_id, (Review.course_id == Enrollment.course_id).is_(true()))
        .scalar_subquery()
    )
    former = [part for name in _FORMER for part in (literal(name), getattr(Enrollment, name))]
    is_paid = Enrollment.payment_status == PaymentStatus.PAID
    return (
        update(AssignmentItem)
        .where(
            Enrollment.id == AssignmentItem.enrollment_id,
            # By the line: enrollments are looked up by id, and not by a course that may have many.
            AssignmentItem.course_id == course.id,
            lines_of(assignment, Outcome.REACTIVATED, rows=rows),
        )
        .values(
            former=func.jsonb_build_object(*former, literal("reviewed_at"), reviewed_at),
            acted_at=moment,
            after_payment=case((is_paid, PaymentStatus.PAID.value), else_=payment_of(course, actor).value),
        )
        .execution_options(synchronize_session=False)
    )


def payment_of(course: Course, actor: Actor) -> PaymentStatus:
    """The payment status of what this actor assigns."""
    return payments.status_of(course, is_waived=actor.is_admin)


def _price(course: Course, actor: Actor) -> payments.Price:
    """An assignment by an admin waives the price; one by an instructor does not."""
    return payments.current(course, is_waived=actor.is_admin)


def _moment(at: datetime | None) -> ColumnElement[Any]:
    return func.now() if at is None else literal(at)
