"""Enrolling and leaving, and the grade and payment status that instructors and admins set.

One statement under the course's row lock inserts the enrollment and increments the seat counter, so the last seat goes
to exactly one of any number of concurrent requests, and the counter always equals the seats held.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CTE, bindparam, case, func, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from app.db.session import db
from app.enums import CourseStatus, EnrollmentStatus, Grade, PaymentStatus, Role, Source
from app.errors.base import Forbidden, NotFound, Unauthenticated
from app.errors.catalogue import InvalidTransition
from app.errors.learning import (
    AdmissionClosed,
    AlreadyCompleted,
    AlreadyEnrolled,
    AssignedByAdmin,
    CourseFull,
    CourseNotOpen,
    EnrollmentCancelled,
    OwnCourse,
)
from app.models import Course, Enrollment, User
from app.models.visibility import enrollment_visible_to
from app.services.catalogue import courses
from app.services.learning import completion, enrollments_read, payments
from app.values import days

# Built once, for requests that learners wait for.
_HELD = select(Enrollment).where(
    Enrollment.user_id == bindparam("user_id"),
    Enrollment.course_id == bindparam("course_id"),
    Enrollment.holds_seat(),
)
_LOCKED_ACCOUNT = (
    select(User.id)
    .where(User.id == bindparam("user_id"), User.deleted_at.is_(None))
    .with_for_update(read=True)
)


def get_visible(viewer: User, enrollment_id: UUID) -> Enrollment:
    """An enrollment, for its learner, the course's instructor and admins."""
    statement = enrollments_read.shown().where(Enrollment.id == enrollment_id, enrollment_visible_to(viewer))
    enrollment = db.session.scalar(statement.execution_options(populate_existing=True))
    if enrollment is None:
        raise NotFound
    return enrollment


def get_held(user: User, course_id: UUID) -> Enrollment | None:
    """The ACTIVE or COMPLETED enrollment of this user in this course."""
    return db.session.scalar(_HELD, {"user_id": user.id, "course_id": course_id})


def enroll(student: User, course_id: str | UUID, *, at: datetime | None = None) -> Enrollment:
    """Enroll, or reactivate a cancelled enrollment, which keeps its progress and `enrolled_at`."""
    found = courses.get_visible(student, course_id)
    _lock_account(student)
    course = courses.lock(found.id)
    _refuse_joining(student, course, at)
    enrollment_id = db.session.scalar(_take_seat(student, course, at))
    if enrollment_id is None:
        raise CourseFull
    # A reactivated enrollment may have every counted lesson completed by now.
    completion.settle_held(course.id, enrollment_ids=[enrollment_id])
    return enrollments_read.reread(enrollment_id)


def leave(actor: User, enrollment_id: UUID) -> Enrollment:
    """Cancel an enrollment and free its seat, as the learner, the course's instructor or an admin.

    Progress is kept for a later reactivation.
    """
    enrollment = get_visible(actor, enrollment_id)
    if enrollment.user_id != actor.id and actor.role == Role.STUDENT:
        raise Forbidden  # a former instructor may read the enrollments of their courses, not change them
    course = courses.lock(enrollment.course_id, even_deleted=True)
    if enrollment.user_id != actor.id and not course.managed_by(actor):
        raise Forbidden  # the course has got another instructor meanwhile
    _refuse_leaving(actor, _lock(enrollment_id), course)
    _free_seat(enrollment_id)
    return enrollments_read.reread(enrollment_id)


def grade(manager: User, enrollment_id: UUID, *, grade: Grade | None) -> Enrollment:
    """Set or clear the grade, which is independent of completion."""
    course = courses.lock(get_visible(manager, enrollment_id).course_id, even_deleted=True)
    if not course.managed_by(manager):
        raise Forbidden
    _lock_uncancelled(enrollment_id).grade = grade
    return enrollments_read.reread(enrollment_id)


def record_payment(enrollment_id: UUID, *, payment_status: PaymentStatus) -> Enrollment:
    """Set the payment status. An enrollment that only lacked the payment is completed."""
    enrollment = _lock_uncancelled(enrollment_id)
    enrollment.payment_status = payment_status
    db.session.flush()
    completion.settle_held(enrollment.course_id, enrollment_ids=[enrollment_id])
    return enrollments_read.reread(enrollment_id)


def _lock_account(student: User) -> None:
    """Lock the account against deletion until the commit: a deletion cancels only the enrollments that it sees."""
    if db.session.scalar(_LOCKED_ACCOUNT, {"user_id": student.id}) is None:
        raise Unauthenticated


def _refuse_joining(student: User, course: Course, at: datetime | None) -> None:
    if course.instructor_id == student.id:
        raise OwnCourse
    if course.status != CourseStatus.PUBLISHED:
        raise CourseNotOpen
    held = get_held(student, course.id)
    if held is not None:
        raise AlreadyEnrolled(details={"enrollment_id": [str(held.id)]})
    if course.admission_deadline is not None and days.today(at) > course.admission_deadline:
        raise AdmissionClosed


def _take_seat(student: User, course: Course, at: datetime | None) -> ReturningInsert[UUID]:
    """One statement: increment the seat counter if a seat is free, and insert or reactivate the enrollment."""
    moment = func.now() if at is None else literal(at)
    price = payments.current(course)
    seat = _counted_seat(course)
    row = {
        "course_id": seat.c.id,
        "user_id": literal(student.id),
        "source": literal(Source.SELF.value),
        "enrolled_at": moment,
        **price,
    }
    made = insert(Enrollment).from_select(list(row), select(*row.values()))
    return made.on_conflict_do_update(
        constraint=Enrollment.ONE_PER_PERSON,
        where=Enrollment.status == EnrollmentStatus.CANCELLED,
        set_={
            "status": case(
                (Enrollment.completed_at.is_(None), EnrollmentStatus.ACTIVE.value),
                else_=EnrollmentStatus.COMPLETED.value,
            ),
            "source": made.excluded.source,
            "assigned_by": null(),
            "due_at": null(),
            "reactivated_at": moment,
            "cancelled_at": null(),
            "cancellation_reason": null(),
            **payments.keeping_paid(price),
        },
    ).returning(Enrollment.id)


def _counted_seat(course: Course) -> CTE:
    has_seat = or_(Course.total_seats.is_(None), Course.enrollment_count < Course.total_seats)
    return (
        update(Course)
        .where(Course.id == course.id, has_seat)
        # Taking a seat is no edit of the course.
        .values(enrollment_count=Course.enrollment_count + 1, updated_at=Course.updated_at)
        .returning(Course.id)
        .cte("seat")
    )


def _refuse_leaving(actor: User, enrollment: Enrollment, course: Course) -> None:
    """An enrollment in a deleted course can always be cancelled: nothing else can be done with it."""
    if not enrollment.is_held:
        raise InvalidTransition("This enrollment is already cancelled.")
    if actor.is_admin or course.is_deleted:
        return
    if enrollment.source != Source.SELF and enrollment.user_id == actor.id:
        raise AssignedByAdmin
    if enrollment.is_completed:
        raise AlreadyCompleted


def _free_seat(enrollment_id: UUID) -> None:
    left = (
        update(Enrollment)
        .where(Enrollment.id == enrollment_id, Enrollment.holds_seat())
        .values(status=EnrollmentStatus.CANCELLED, cancelled_at=func.now())
        .returning(Enrollment.course_id)
        .cte("left_course")
    )
    db.session.execute(
        update(Course)
        .where(Course.id == left.c.course_id)
        .values(enrollment_count=Course.enrollment_count - 1, updated_at=Course.updated_at)
        .execution_options(synchronize_session=False)
    )


def _lock(enrollment_id: UUID) -> Enrollment:
    found = select(Enrollment).where(Enrollment.id == enrollment_id).with_for_update(key_share=True)
    enrollment = db.session.scalar(found.execution_options(populate_existing=True))
    if enrollment is None:
        raise NotFound
    return enrollment


def _lock_uncancelled(enrollment_id: UUID) -> Enrollment:
    enrollment = _lock(enrollment_id)
    if enrollment.status == EnrollmentStatus.CANCELLED:
        raise EnrollmentCancelled
    return enrollment
