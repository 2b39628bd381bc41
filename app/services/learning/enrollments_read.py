"""Reading enrollments: each with its course, its user and its progress, in one statement a page.

Progress is never stored as a number: it is counted from the course's current lessons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, Uuid, and_, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute, aliased, contains_eager, with_expression

from app.db.fulltext import holds, naming
from app.db.keyset import SortKey
from app.db.listings import Listing, folded, lowered, ordered_by
from app.db.session import db
from app.enums import EnrollmentStatus
from app.errors.base import Forbidden, NotFound
from app.models import Certificate, Course, Enrollment, Lesson, LessonProgress, User
from app.models.caller import Actor
from app.models.course_name import CourseName
from app.models.user import NAMES_ONLY
from app.services.catalogue import courses
from app.services.counters import tallies
from app.services.search.people_search import exact_first

_ORDERINGS = {
    "enrolled_at": Enrollment.enrolled_at,
    "due_at": Enrollment.due_at,
    "completed_at": Enrollment.completed_at,
    "last_accessed": Enrollment.last_accessed,
    "title": folded(Course.title),
    "name": folded(User.last_name),
    "username": lowered(User.username),
}
_NULLABLE = ("due_at", "completed_at", "last_accessed")

_person = aliased(User)
_OF_COURSE = {
    "due_at": Enrollment.due_at,
    "completed_at": Enrollment.completed_at,
    "last_accessed": Enrollment.last_accessed,
    # Subqueries, no join: for a join the planner reads all users, or walks the index of all names.
    "name": select(folded(_person.last_name)).where(_person.id == Enrollment.user_id).scalar_subquery(),
    "username": select(lowered(_person.username)).where(_person.id == Enrollment.user_id).scalar_subquery(),
}
"""Orderings of a roster for which no index by course exists."""

MOST_LOOKED_UP = 5_000
"""The largest roster that is sorted by name after a look-up of each of its users."""

MOST_GATHERED = 1_000
"""The most users on the whole platform that match a search and are gathered before the course is filtered by them."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The filters and the ordering of a list of enrollments."""

    status: tuple[EnrollmentStatus, ...] | None = None
    course: str | None = None
    search: str | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    overdue: bool | None = None
    ordering: str = "-enrolled_at"


def reread(enrollment_id: UUID) -> Enrollment:
    """One enrollment with everything that a response shows, read again from the database."""
    db.session.flush()
    return db.session.execute(_one_shown(), {"enrollment_id": enrollment_id}).scalar_one()


def list_own(user: Actor, *, user_id: UUID | None = None, **query: Any) -> Listing:
    """The user's own enrollments; for admins also those of another user."""
    if user_id is not None and user_id != user.id and not user.is_admin:
        raise Forbidden
    return _of_person(user_id or user.id, Filters(**query))


def list_of_user(user_id: UUID, **query: Any) -> Listing:
    """The enrollments of any user, including a deleted one, whose record is kept."""
    if db.session.get(User, user_id) is None:
        raise NotFound
    return _of_person(user_id, Filters(**query))


def list_of_course(manager: Actor, ref: str | UUID, **query: Any) -> Listing:
    """A course's roster, for its instructor and admins. Only admins may see email addresses, so only they search by them."""
    course = courses.get_managed(manager, ref)
    filters = Filters(**query)
    conditions = [Enrollment.course_id == course.id, *_conditions(filters)]
    first = []
    if (filters.search or "").strip():
        first = [exact_first(Enrollment.user_id, str(filters.search), by_username_only=not manager.is_admin)]
        conditions.append(_is_named(naming(str(filters.search), "" if manager.is_admin else NAMES_ONLY)))
    matching = select(Enrollment.id).where(*conditions)
    rows = shown(User.email, User.external_id, User.department) if manager.is_admin else shown()
    if _is_gathered(course.id, filters.ordering.removeprefix("-")):
        keys = ordered_by(filters.ordering, _OF_COURSE, Enrollment.id, nullable=_NULLABLE)
        listing = Listing(rows, first + keys, matching=matching, gathers=True)
    else:
        listing = Listing(rows.where(*conditions), first + _keys(filters), matching=matching)
    narrowed = replace(filters, status=None, ordering=Filters.ordering) != Filters()
    return listing if narrowed else replace(listing, total=_number_in(course.id, filters.status))


def _is_gathered(course_id: UUID, ordering: str) -> bool:
    """Whether rows are gathered, then sorted. In a very large roster a walk along the index of all names fills a page soon."""
    if ordering in ("name", "username"):
        return _number_in(course_id, None) <= MOST_LOOKED_UP
    return ordering in _OF_COURSE


def _number_in(course_id: UUID, status: tuple[EnrollmentStatus, ...] | None) -> int:
    by_status = tallies.of_courses([course_id])[course_id]
    return sum(by_status.get(each, 0) for each in status or EnrollmentStatus)


def _is_named(query: ColumnElement[Any]) -> ColumnElement[bool]:
    """Few matching users are gathered first; of many, each of the roster is looked up.

    So at most as many rows as the roster has are read, whatever the planner estimates.
    """
    called_so = select(User.id).where(User.is_named(query)).correlate(None)
    first = called_so.limit(MOST_GATHERED + 1).subquery()
    if (db.session.scalar(select(func.count()).select_from(first)) or 0) <= MOST_GATHERED:
        return Enrollment.user_id == any_(func.array(called_so.scalar_subquery(), type_=ARRAY(Uuid)))
    looked_up = select(_person.is_named(query)).where(_person.id == Enrollment.user_id)
    return looked_up.correlate(Enrollment).scalar_subquery()


@cache
def shown(*of_person: InstrumentedAttribute[Any]) -> Select[Enrollment]:
    """Every enrollment, with the summary of its course and user, its lesson counts and certificate.

    :param of_person: columns of the user that are read beside those of the summary.
    """
    course = contains_eager(Enrollment.course).load_only(
        Course.code,
        Course.title,
        Course.slug,
        Course.thumbnail,
        Course.instructor_id,
        Course.status,
        Course.deleted_at,
    )
    user = contains_eager(Enrollment.user).load_only(
        User.username, User.first_name, User.last_name, *of_person
    )
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


@cache
def _one_shown() -> Select[Enrollment]:
    one = shown().where(Enrollment.id == bindparam("enrollment_id"))
    return one.execution_options(populate_existing=True)


def _of_person(user_id: UUID, filters: Filters) -> Listing:
    # Nothing is overdue in a deleted course.
    conditions = [Enrollment.user_id == user_id, *_conditions(filters, Course.deleted_at.is_(None))]
    matching = select(Enrollment.id)
    if (filters.search or "").strip():
        conditions.append(holds(func.concat(Course.title, " ", Course.code), str(filters.search)))
    if (filters.search or "").strip() or filters.overdue is not None:
        matching = matching.join(Enrollment.course)
    return Listing(shown().where(*conditions), _keys(filters), matching=matching.where(*conditions))


def _keys(filters: Filters) -> list[SortKey]:
    return ordered_by(filters.ordering, _ORDERINGS, Enrollment.id, nullable=_NULLABLE)


def _conditions(filters: Filters, *is_due: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """:param is_due: further conditions of being overdue."""
    conditions: list[ColumnElement[bool]] = []
    if filters.status is not None:
        conditions.append(Enrollment.status.in_(filters.status))
    if filters.course is not None:
        conditions.append(Enrollment.course_id == CourseName.id_of(filters.course))
    if filters.due_before is not None:
        conditions.append(Enrollment.due_at < filters.due_before)
    if filters.due_after is not None:
        conditions.append(Enrollment.due_at > filters.due_after)
    if filters.overdue is not None:
        is_overdue = and_(_is_overdue(), *is_due)
        conditions.append(is_overdue if filters.overdue else func.coalesce(~is_overdue, True))
    return conditions


def _is_overdue() -> ColumnElement[bool]:
    """ACTIVE and past its due date, of an active user. Each user is looked up, not joined."""
    is_there = select(_person.is_active).where(_person.id == Enrollment.user_id)
    return and_(
        Enrollment.status == EnrollmentStatus.ACTIVE,
        Enrollment.due_at < func.now(),
        is_there.correlate(Enrollment).scalar_subquery(),
    )


def _lesson_counts() -> ColumnElement[list[int]]:
    """Counts of required, required and completed, optional, optional and completed lessons, in one pass."""
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
    """The lesson to resume at, unless it has been deleted since."""
    return (
        select(Lesson.id)
        .where(Lesson.id == Enrollment.resume_lesson_id, Lesson.deleted_at.is_(None))
        .correlate(Enrollment)
        .scalar_subquery()
    )
