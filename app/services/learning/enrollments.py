"""Leaving a course, and the grade and payment status that instructors and admins set."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, update

from app.db.session import db
from app.enums import EnrollmentStatus, Grade, PaymentStatus, Role, Source
from app.errors.base import Forbidden, NotFound
from app.errors.catalogue import InvalidTransition, NotCourseManager
from app.errors.learning import (
    AlreadyCompleted,
    AssignedByAdmin,
    EnrollmentCancelled,
)
from app.models import Certificate, Course, Enrollment
from app.models.caller import Actor
from app.services.catalogue import courses
from app.services.learning import completion, enrollments_read
from app.services.learning.enrollment_rows import EnrollmentRow


def leave(actor: Actor, enrollment_id: UUID) -> EnrollmentRow:
    """Cancel an enrollment and free its seat, as the learner, the course's instructor or an admin.

    Progress is kept for a later reactivation.
    """
    enrollment = enrollments_read.get_visible(actor, enrollment_id)
    if enrollment.user_id != actor.id and actor.role == Role.STUDENT:
        # A former instructor may read the enrollments of their courses, not change them.
        raise Forbidden("Only the learner, the instructor of the course and admins can cancel an enrollment.")
    course = courses.lock(enrollment.course_id, even_deleted=True)
    if enrollment.user_id != actor.id and not course.managed_by(actor):
        raise NotCourseManager  # the course has got another instructor meanwhile
    _refuse_leaving(actor, _lock(enrollment_id), course)
    _free_seat(enrollment_id)
    return enrollments_read.reread(enrollment_id)


def grade(manager: Actor, enrollment_id: UUID, *, grade: Grade | None) -> EnrollmentRow:
    """Set or clear the grade, which is independent of completion. The certificate of the latest one shows it."""
    course = courses.lock(enrollments_read.get_visible(manager, enrollment_id).course_id, even_deleted=True)
    if not course.managed_by(manager):
        raise NotCourseManager
    _lock_uncancelled(enrollment_id).grade = grade
    db.session.execute(
        update(Certificate)
        .where(Certificate.enrollment_id == enrollment_id, Certificate.superseded_at.is_(None))
        .values(grade=grade)
        .execution_options(synchronize_session=False)
    )
    return enrollments_read.reread(enrollment_id)


def record_payment(enrollment_id: UUID, *, payment_status: PaymentStatus) -> EnrollmentRow:
    """Set the payment status. An enrollment that only lacked the payment is completed."""
    enrollment = _lock_uncancelled(enrollment_id)
    enrollment.payment_status = payment_status
    db.session.flush()
    completion.settle_held(enrollment.course_id, enrollment_ids=[enrollment_id])
    return enrollments_read.reread(enrollment_id)


def _refuse_leaving(actor: Actor, enrollment: Enrollment, course: Course) -> None:
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
