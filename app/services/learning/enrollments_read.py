"""Reading enrollments: each with its course, its user and its progress, in one statement a page."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, and_, any_, bindparam, false, func, select
from sqlalchemy.orm import aliased

from app.db.fulltext import holds, naming
from app.db.keyset import SortKey
from app.db.listings import Listing, built_once, folded, lowered, ordered_by
from app.db.session import db
from app.db.statements import Statement
from app.enums import EnrollmentStatus
from app.errors.base import Forbidden, NotFound
from app.models import Course, Enrollment, User
from app.models.caller import Actor, ViewerKind, as_parameter, kind_of, viewing
from app.models.user import NAMES_ONLY
from app.models.visibility import enrollment_visible_to
from app.services.catalogue import courses
from app.services.catalogue.course_rows import PersonBrief
from app.services.counters import tallies
from app.services.learning.enrollment_rows import EnrollmentRow, select_shown
from app.services.search.people_search import exact_first
from app.settings import settings

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

_HELD = select(Enrollment).where(
    Enrollment.user_id == bindparam("user_id"),
    Enrollment.course_id == bindparam("course_id"),
    Enrollment.holds_seat(),
)

MOST_LOOKED_UP = 5_000
"""The largest roster that is sorted by name after a look-up of each of its users."""

MOST_GATHERED = 1_000
"""The most users on the whole platform that match a search and are gathered before the course is filtered by them."""


NO_COURSE = UUID(int=0)
"""The id of no course, for a filter that names one that does not exist."""


@dataclass(slots=True)
class RosterLearner(PersonBrief):
    email: str
    external_id: str | None
    department: str | None


@dataclass(slots=True)
class RosterRow(EnrollmentRow):
    """A row of a roster for admins."""

    email: str
    external_id: str | None
    department: str | None

    @property
    def user(self) -> RosterLearner:
        return RosterLearner(
            self.user_id,
            self.username,
            self.first_name,
            self.last_name,
            self.email,
            self.external_id,
            self.department,
        )


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The filters and the ordering of a list of enrollments."""

    status: tuple[EnrollmentStatus, ...] | None = None
    course: Any = None
    search: str | None = None
    due_before: Any = None
    due_after: Any = None
    overdue: bool | None = None
    ordering: str = "-enrolled_at"


def reread(enrollment_id: UUID) -> EnrollmentRow:
    """One enrollment with everything that a response shows, read again from the database."""
    row = _one_shown().first({"enrollment_id": enrollment_id})
    if row is None:
        raise NotFound
    return row


def get_visible(viewer: Actor, enrollment_id: UUID) -> EnrollmentRow:
    """An enrollment, for its learner, the course's instructor and admins."""
    row = _one_visible(kind_of(viewer)).first({"enrollment_id": enrollment_id, **viewing(viewer)})
    if row is None:
        raise NotFound
    return row


def get_held(user: Actor, course_id: UUID) -> Enrollment | None:
    """The ACTIVE or COMPLETED enrollment of this person in this course."""
    return db.session.scalar(_HELD, {"user_id": user.id, "course_id": course_id})


def list_own(user: Actor, *, user_id: UUID | None = None, **query: Any) -> Listing:
    """The user's own enrollments; for admins also those of another user."""
    if user_id is not None and user_id != user.id and not user.is_admin:
        raise Forbidden(
            "Only an admin can list the enrollments of another user.",
            details={"user_id": ["Leave it out, or give your own id."]},
        )
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
    shows_undone = manager.is_admin and EnrollmentStatus.CANCELLED in (filters.status or ())
    if not shows_undone:
        conditions.append(Enrollment.is_begun())
    first = []
    if (filters.search or "").strip():
        first = [exact_first(Enrollment.user_id, str(filters.search), by_username_only=not manager.is_admin)]
        conditions.append(_is_named(naming(str(filters.search), "" if manager.is_admin else NAMES_ONLY)))
    matching = select(Enrollment.id).where(*conditions)
    rows = select_shown(User.email, User.external_id, User.department) if manager.is_admin else select_shown()
    into = RosterRow if manager.is_admin else EnrollmentRow
    if _is_gathered(course.id, filters.ordering.removeprefix("-")):
        keys = ordered_by(filters.ordering, _OF_COURSE, Enrollment.id, nullable=_NULLABLE)
        listing = Listing(rows, first + keys, into=into, matching=matching, gathers=True)
    else:
        listing = Listing(rows.where(*conditions), first + _keys(filters), into=into, matching=matching)
    narrowed = replace(filters, status=None, ordering=Filters.ordering) != Filters()
    if narrowed:
        return listing
    return replace(listing, total=_number_in(course.id, filters.status, shows_undone=shows_undone))


def _is_gathered(course_id: UUID, ordering: str) -> bool:
    """Whether rows are gathered, then sorted. In a very large roster a walk along the index of all names fills a page soon."""
    if ordering in ("name", "username"):
        return _number_in(course_id, None) <= MOST_LOOKED_UP
    return ordering in _OF_COURSE


def _number_in(
    course_id: UUID, status: tuple[EnrollmentStatus, ...] | None, *, shows_undone: bool = False
) -> int:
    by_status = tallies.of_courses([course_id])[course_id]
    undone = by_status.get(tallies.UNDONE, 0) if shows_undone else 0
    return undone + sum(by_status.get(each, 0) for each in status or EnrollmentStatus)


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
def _one_shown() -> Statement[EnrollmentRow]:
    return Statement(
        lambda: select_shown().where(Enrollment.id == bindparam("enrollment_id", type_=Uuid())), EnrollmentRow
    )


@cache
def _one_visible(kind: ViewerKind) -> Statement[EnrollmentRow]:
    def build() -> Select[*tuple[Any, ...]]:
        viewer = as_parameter(kind)
        is_visible = false() if viewer is None else enrollment_visible_to(viewer)
        one = Enrollment.id == bindparam("enrollment_id", type_=Uuid())
        return select_shown().where(one, is_visible)

    return Statement(build, EnrollmentRow)


def _of_person(user_id: UUID, filters: Filters) -> Listing:
    query = {each.name: getattr(filters, each.name) for each in fields(Filters)}
    ordering = query.pop("ordering")
    query["search"] = (filters.search or "").strip() or None
    if filters.course is not None:
        query["course"] = courses.find_id(filters.course) or NO_COURSE
    language = settings().search_language if query["search"] else None
    return built_once(_build_of_person, ordering, language, query=query, values={"person_id": user_id})


def _build_of_person(
    ordering: str, _language: str | None, *, search: Any = None, **narrowing: Any
) -> Listing:
    """:param _language: of the search, which the statement contains"""
    # Nothing is overdue in a deleted course.
    conditions = [
        Enrollment.user_id == bindparam("person_id", type_=Uuid()),
        Enrollment.is_begun(),
        *_conditions(Filters(**narrowing), Course.deleted_at.is_(None)),
    ]
    matching = select(Enrollment.id)
    if search is not None:
        conditions.append(holds(func.concat(Course.title, " ", Course.code), search))
    if search is not None or "overdue" in narrowing:
        matching = matching.join(Enrollment.course)
    rows = select_shown()
    return Listing(
        rows.where(*conditions),
        ordered_by(ordering, _ORDERINGS, Enrollment.id, nullable=_NULLABLE),
        into=EnrollmentRow,
        matching=matching.where(*conditions),
        rows=rows,
        is_prepared=not narrowing and search is None and ordering == Filters.ordering,
    )


def _keys(filters: Filters) -> list[SortKey]:
    return ordered_by(filters.ordering, _ORDERINGS, Enrollment.id, nullable=_NULLABLE)


def _conditions(filters: Filters, *is_due: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """:param is_due: further conditions of being overdue."""
    conditions: list[ColumnElement[bool]] = []
    if filters.status is not None:
        conditions.append(Enrollment.status.in_(filters.status))
    if filters.course is not None:
        conditions.append(Enrollment.course_id == filters.course)
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
