"""Enrollments as they are shown: each with its course, its person and its progress, in one statement a page.

Progress is never stored as a number: it is counted from the lessons that the course has now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute, contains_eager, with_expression

from app.db import db
from app.enums import EnrollmentStatus
from app.errors import Forbidden, NotFound
from app.models import Certificate, Course, Enrollment, Lesson, LessonProgress, User
from app.paging import Listing, ordered_by
from app.services import courses

_ORDERINGS = {
    "enrolled_at": Enrollment.enrolled_at,
    "due_at": Enrollment.due_at,
    "completed_at": Enrollment.completed_at,
    "last_accessed": Enrollment.last_accessed,
    "title": Course.title,
    "name": User.last_name,
    "username": User.username,
}
_NULLABLE = ("due_at", "completed_at", "last_accessed")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which enrollments of a list, in which order."""

    status: EnrollmentStatus | None = None
    course: UUID | None = None
    search: str | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    overdue: bool | None = None
    ordering: str = "-enrolled_at"


def show(enrollment_id: UUID) -> Enrollment:
    """One enrollment with all that is shown of it, as it stands now."""
    db.session.flush()
    statement = shown().where(Enrollment.id == enrollment_id).execution_options(populate_existing=True)
    return db.session.execute(statement).scalar_one()


def list_own(user: User, *, user_id: UUID | None = None, **wanted: Any) -> Listing:
    """One's own enrollments; to admins also somebody else's."""
    if user_id is not None and user_id != user.id and not user.is_admin:
        raise Forbidden
    return _listing(Enrollment.user_id == (user_id or user.id), Wanted(**wanted), Course.title, Course.code)


def list_of_user(_admin: User, user_id: UUID, **wanted: Any) -> Listing:
    """The enrollments of any user."""
    if db.session.get(User, user_id) is None:
        raise NotFound
    return _listing(Enrollment.user_id == user_id, Wanted(**wanted), Course.title, Course.code)


def list_of_course(manager: User, course_id: UUID, **wanted: Any) -> Listing:
    """A course's roster, for its instructor and admins. Only admins search by email, which only they may see."""
    course = courses.get_managed(manager, course_id)
    searched = [User.first_name, User.last_name, User.username, *([User.email] if manager.is_admin else [])]
    return _listing(Enrollment.course_id == course.id, Wanted(**wanted), *searched)


def shown() -> Select[Enrollment]:
    """Every enrollment, with the summary of its course and person, its lesson counts and certificate."""
    course = contains_eager(Enrollment.course).load_only(
        Course.code, Course.title, Course.slug, Course.thumbnail, Course.instructor_id
    )
    user = contains_eager(Enrollment.user).load_only(User.username, User.first_name, User.last_name)
    return (
        select(Enrollment)
        .join(Enrollment.course)
        .join(Enrollment.user)
        .options(
            course,
            user,
            with_expression(Enrollment.lesson_counts, _lesson_counts()),
            with_expression(Enrollment.certificate_number, _certificate_number()),
            with_expression(Enrollment.next_lesson_id, _next_lesson_id()),
        )
    )


def _listing(whose: ColumnElement[bool], wanted: Wanted, *searched: InstrumentedAttribute[str]) -> Listing:
    statement = shown().where(whose, *_conditions(wanted, searched))
    keys = ordered_by(wanted.ordering, _ORDERINGS, Enrollment.id, nullable=_NULLABLE)
    return Listing(statement, keys)


def _conditions(
    wanted: Wanted, searched: tuple[InstrumentedAttribute[str], ...]
) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.status is not None:
        conditions.append(Enrollment.status == wanted.status)
    if wanted.course is not None:
        conditions.append(Enrollment.course_id == wanted.course)
    if wanted.due_before is not None:
        conditions.append(Enrollment.due_at < wanted.due_before)
    if wanted.due_after is not None:
        conditions.append(Enrollment.due_at > wanted.due_after)
    if wanted.overdue is not None:
        conditions.append(_is_overdue() if wanted.overdue else func.coalesce(~_is_overdue(), True))
    words = (wanted.search or "").split()
    conditions += [or_(*(column.icontains(word, autoescape=True) for column in searched)) for word in words]
    return conditions


def _is_overdue() -> ColumnElement[bool]:
    return and_(Enrollment.status == EnrollmentStatus.ACTIVE, Enrollment.due_at < func.now())


def _lesson_counts() -> ColumnElement[list[int]]:
    """Required, required and done, optional, optional and done: one pass over the course's lessons."""
    done = LessonProgress.completed_at.is_not(None)
    progress = and_(LessonProgress.lesson_id == Lesson.id, LessonProgress.enrollment_id == Enrollment.id)
    required, optional = Lesson.is_required, ~Lesson.is_required
    counts: list[Any] = [
        func.count().filter(required),
        func.count().filter(required, done),
        func.count().filter(optional),
        func.count().filter(optional, done),
    ]
    return (
        select(array(counts, type_=Integer()))
        .select_from(Lesson)
        .outerjoin(LessonProgress, progress)
        .where(Lesson.course_id == Enrollment.course_id, Lesson.deleted_at.is_(None))
        .correlate(Enrollment)
        .scalar_subquery()
    )


def _certificate_number() -> ColumnElement[str | None]:
    return (
        select(Certificate.number)
        .where(Certificate.enrollment_id == Enrollment.id)
        .correlate(Enrollment)
        .scalar_subquery()
    )


def _next_lesson_id() -> ColumnElement[UUID]:
    """Where to resume, unless that lesson has been deleted since."""
    return (
        select(Lesson.id)
        .where(Lesson.id == Enrollment.resume_lesson_id, Lesson.deleted_at.is_(None))
        .correlate(Enrollment)
        .scalar_subquery()
    )
