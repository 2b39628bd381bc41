"""Access to the body of a lesson: for the owner, admins and the enrolled, and for any caller if it is a preview."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import selectinload

from app.db.session import db
from app.enums import CourseStatus
from app.errors.base import NotFound, Unauthenticated
from app.errors.learning import NotEnrolled, PaymentRequired
from app.models.caller import Actor
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.lesson import Lesson
from app.models.visibility import course_visible_to
from app.services.learning import completion


def get_readable(viewer: Actor | None, lesson_id: UUID) -> Lesson:
    """The lesson with its body, in one statement, or the reason why it is refused."""
    reader = and_(
        Enrollment.course_id == Course.id,
        Enrollment.user_id == (viewer.id if viewer else None),
        Enrollment.holds_seat(),
    )
    found = db.session.execute(
        select(Lesson, Course, Enrollment.id, completion.is_paid())
        .join(Course, Course.id == Lesson.course_id)
        .outerjoin(Enrollment, reader)
        .where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None), course_visible_to(viewer))
        .options(selectinload(Lesson.attachments))
    ).one_or_none()
    if found is None:
        raise NotFound
    lesson, course, enrollment_id, is_paid = found
    if not _is_open(lesson, course, viewer):
        _refuse_without(viewer, enrollment_id, is_paid=is_paid)
    return lesson


def _is_open(lesson: Lesson, course: Course, viewer: Actor | None) -> bool:
    """Readable without an enrollment."""
    is_shown = lesson.is_preview and course.status == CourseStatus.PUBLISHED
    return is_shown or (viewer is not None and course.managed_by(viewer))


def _refuse_without(viewer: Actor | None, enrollment_id: UUID | None, *, is_paid: bool) -> None:
    if viewer is None:
        raise Unauthenticated
    if enrollment_id is None:
        raise NotEnrolled
    if not is_paid:
        raise PaymentRequired
