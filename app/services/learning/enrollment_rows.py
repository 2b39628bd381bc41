"""The columns that every response shows of an enrollment, and the rows that are read with them.

Progress is never stored as a number: it is counted from the course's current lessons.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, func, select
from sqlalchemy.dialects.postgresql import array

from app.enums import CancellationReason, EnrollmentStatus, Grade, PaymentStatus, Source
from app.models import Certificate, Course, CourseVersion, Enrollment, Lesson, LessonProgress, User
from app.models.course import ThumbnailNames, thumbnail_names
from app.models.enrollment import EnrollmentFacts
from app.services.catalogue.course_rows import PersonBrief


@dataclass(slots=True)
class EnrolledCourse:
    id: UUID
    code: str
    title: str
    slug: str
    thumbnail: str | None

    @property
    def thumbnail_names(self) -> ThumbnailNames | None:
        return thumbnail_names(self.thumbnail)


@dataclass(slots=True)
class EnrollmentRow(EnrollmentFacts):
    """An enrollment with the summary of its course and user, its lesson counts and certificate."""

    id: UUID
    course_id: UUID
    user_id: UUID
    status: EnrollmentStatus
    source: Source
    assigned_by: UUID | None
    due_at: datetime | None
    price_at_enrollment: Decimal
    currency: str
    payment_status: PaymentStatus
    grade: Grade | None
    enrolled_at: datetime
    reactivated_at: datetime | None
    completed_at: datetime | None
    renewal_required_at: datetime | None
    completion_number: int
    cancelled_at: datetime | None
    cancellation_reason: CancellationReason | None
    last_accessed: datetime | None
    course_code: str
    course_title: str
    course_slug: str
    course_thumbnail: str | None
    username: str
    first_name: str
    last_name: str
    lesson_counts: list[int]
    certificate_number: str | None
    course_version: int | None
    next_lesson_id: UUID | None

    @property
    def course(self) -> EnrolledCourse:
        return EnrolledCourse(
            self.course_id, self.course_code, self.course_title, self.course_slug, self.course_thumbnail
        )

    @property
    def user(self) -> PersonBrief:
        return PersonBrief(self.user_id, self.username, self.first_name, self.last_name)


_OF_OTHERS: dict[str, Any] = {
    "course_code": Course.code,
    "course_title": Course.title,
    "course_slug": Course.slug,
    "course_thumbnail": Course.thumbnail,
    "username": User.username,
    "first_name": User.first_name,
    "last_name": User.last_name,
}


def select_shown(
    *further: Any, held: Any = Enrollment, counts: ColumnElement[Any] | None = None
) -> Select[*tuple[Any, ...]]:
    """Enrollments as rows of the columns of an `EnrollmentRow`, in their order, and these.

    :param held: the enrollments, or the columns of a CTE that returns rows as they have just been written
    :param counts: the lesson counts, where the progress has just been written as well
    """
    others = {
        **_OF_OTHERS,
        "lesson_counts": _lesson_counts(held) if counts is None else counts,
        "certificate_number": _certificate_number(held),
        "course_version": _course_version(held),
        "next_lesson_id": _next_lesson_id(held),
    }
    names = [each.name for each in fields(EnrollmentRow)]
    columns = [(others[name] if name in others else getattr(held, name)).label(name) for name in names]
    return (
        select(*columns, *further)
        .join(Course, Course.id == held.course_id)
        .join(User, User.id == held.user_id)
    )


def count_lessons(is_required: Any, is_done: Any) -> ColumnElement[list[int]]:
    """Counts of required, required and completed, optional, optional and completed lessons."""
    counts: list[Any] = [
        func.count().filter(is_required),
        func.count().filter(is_required, is_done),
        func.count().filter(~is_required),
        func.count().filter(~is_required, is_done),
    ]
    return array(counts, type_=Integer())


def _lesson_counts(held: Any) -> ColumnElement[list[int]]:
    """The counts, in one pass over the course's lessons."""
    progress = and_(LessonProgress.lesson_id == Lesson.id, LessonProgress.enrollment_id == held.id)
    return (
        select(count_lessons(Lesson.is_required, LessonProgress.completed_at.is_not(None)))
        .select_from(Lesson)
        .outerjoin(LessonProgress, progress)
        .where(Lesson.course_id == held.course_id, Lesson.deleted_at.is_(None))
        .correlate_except(Lesson, LessonProgress)
        .scalar_subquery()
    )


def _certificate_number(held: Any) -> ColumnElement[str | None]:
    return (
        select(Certificate.number)
        .where(Certificate.enrollment_id == held.id)
        .order_by(Certificate.completion_number.desc())
        .limit(1)
        .correlate_except(Certificate)
        .scalar_subquery()
    )


def _course_version(held: Any) -> ColumnElement[int | None]:
    """The number of the version that was completed last."""
    return (
        select(CourseVersion.number)
        .where(CourseVersion.id == held.course_version_id)
        .correlate_except(CourseVersion)
        .scalar_subquery()
    )


def _next_lesson_id(held: Any) -> ColumnElement[UUID]:
    """The lesson to resume at, unless it has been deleted since."""
    return (
        select(Lesson.id)
        .where(Lesson.id == held.resume_lesson_id, Lesson.deleted_at.is_(None))
        .correlate_except(Lesson)
        .scalar_subquery()
    )
