"""Lists of courses: what the viewer may see, filtered and ordered.

A list reads the columns it shows, with category and instructor, in one statement, whatever its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, and_, false, func, or_, select, true
from sqlalchemy.orm import aliased, joinedload

from app.db.keyset import SortKey
from app.db.listings import Listing, built_once, folded, narrowed_by, ordered_by
from app.db.session import db
from app.enums import CourseStatus, Level
from app.models.caller import Actor, Caller, ViewerKind, as_parameter, kind_of, viewing
from app.models.category import Category
from app.models.course import Course
from app.models.course_change import CourseChange
from app.models.user import User
from app.models.visibility import category_visible_to, course_listed_to
from app.services.catalogue import course_rows
from app.services.catalogue.course_rows import CourseRow, shows_category
from app.services.catalogue.courses import get_managed
from app.services.counters import tallies
from app.services.search import courses_search
from app.settings import settings
from app.values.identifiers import as_id

ORDERINGS = {
    "created_at": Course.created_at,
    "published_at": Course.published_at,
    "enrollment_count": Course.enrollment_count,
    "average_rating": Course.average_rating,
    "price": Course.price,
    "title": folded(Course.title),
    "class_starts": Course.class_starts,
    "admission_deadline": Course.admission_deadline,
}
NULLABLE = ("published_at", "average_rating", "class_starts", "admission_deadline")
NEWEST = "-created_at"
RELEVANCE = "relevance"


class Scope(Enum):
    """Which courses a list has."""

    CATALOGUE = auto()
    OWN = auto()


@dataclass(slots=True)
class WaitingCourse(CourseRow):
    """A course that waits for a decision."""

    submitted_at: datetime | None
    decided_at: datetime | None
    changed_fields: list[str]


def list_catalogue(viewer: Actor | None, **query: Any) -> Listing:
    """The public courses, and the viewer's own."""
    return _list(viewer, Scope.CATALOGUE, query)


def list_own(instructor: Actor, **query: Any) -> Listing:
    """The instructor's own courses, in every state."""
    listing = _list(instructor, Scope.OWN, query)
    narrowed = {name for name, value in query.items() if value is not None} - {"ordering"}
    return listing if narrowed else replace(listing, total=tallies.courses_of(instructor.id))


def list_waiting(admin: Actor) -> Listing:
    """Courses that wait for a decision, oldest first, with the fields changed since the last one."""
    submitted = (
        select(func.max(CourseChange.created_at))
        .where(CourseChange.course_id == Course.id, CourseChange.action == "submitted")
        .correlate(Course)
        .scalar_subquery()
    )
    statement = course_rows.select_for(admin, submitted, Course.reviewed_at, _changed_since_decision())
    waiting = (Course.deleted_at.is_(None), Course.status == CourseStatus.PENDING)
    keys = [SortKey(submitted, nullable=True), SortKey(Course.id)]
    return Listing(statement.where(*waiting), keys, into=WaitingCourse)


def list_history(user: Actor, ref: str | UUID) -> Listing:
    """The history of a course, newest first."""
    course = get_managed(user, ref)
    entries = select(CourseChange).where(CourseChange.course_id == course.id)
    actor = joinedload(CourseChange.actor).load_only(User.username, User.first_name, User.last_name)
    keys = ordered_by("-created_at", {"created_at": CourseChange.created_at}, CourseChange.id)
    return Listing(entries.options(actor), keys)


def _changed_since_decision() -> ColumnElement[list[str]]:
    """The names of the fields edited since the last decision; of all edits, if there was none yet."""
    edit = aliased(CourseChange)
    name = func.jsonb_array_elements_text(edit.fields).table_valued("value", joins_implicitly=True).c.value
    names = (
        select(name)
        .distinct()
        .select_from(edit)
        .where(edit.course_id == Course.id, edit.created_at > func.coalesce(Course.reviewed_at, "-infinity"))
        .order_by(name)
        .correlate(Course)
    )
    return func.array(names.scalar_subquery(), type_=ARRAY(Text))


def _list(viewer: Actor | None, scope: Scope, query: Mapping[str, Any]) -> Listing:
    """The list for this query, of the statements that are built once."""
    given = {name: value for name, value in query.items() if value is not None}
    search = given.pop("search", "").strip()
    if search:
        given["search"] = search
    ordering = given.pop("ordering", RELEVANCE if search else NEWEST)
    language = settings().search_language if "search" in given else None
    if "category" in given:
        given |= _find_category(viewer, given["category"])
    if "instructor" in given:
        given |= _find_instructor(given["instructor"])
    return built_once(_build, scope, kind_of(viewer), ordering, language, query=given, values=viewing(viewer))


def _find_category(viewer: Actor | None, ref: str) -> dict[str, Any]:
    """Looked up beforehand, like the instructor: the planner knows how many courses a category has by its id alone."""
    category_id = as_id(ref)
    meant = Category.slug == ref if category_id is None else Category.id == category_id
    found = db.session.execute(select(Category.id, category_visible_to(viewer)).where(meant)).one_or_none()
    if found is None:
        return {"category": None, "has_none": True}
    category_id, is_visible = found
    return {"category": category_id, "is_category_visible": is_visible}


def _find_instructor(ref: str) -> dict[str, Any]:
    user_id = as_id(ref) or db.session.scalar(select(User.id).where(User.has_username(ref)))
    return {"instructor": None, "has_none": True} if user_id is None else {"instructor": user_id}


def _build(
    scope: Scope,
    kind: ViewerKind,
    ordering: str,
    _language: str | None,
    *,
    search: Any = None,
    instructor: Any = None,
    category: Any = None,
    is_category_visible: bool = False,
    **filters: Any,
) -> Listing:
    """The list of these filters, each a parameter or what `built_once` leaves as it is.

    :param _language: of the search, which the statement contains
    """
    viewer = as_parameter(kind)
    narrowed = [_in_scope(scope, viewer), *_narrowing(**filters)]
    if category is not None:
        is_shown = shows_category(viewer, true() if is_category_visible else false())
        narrowed.append(and_(Course.category_id == category, is_shown))
    if instructor is not None:
        narrowed.append(Course.instructor_id == instructor)
    of_one = scope == Scope.OWN or instructor is not None
    if search is not None:
        return _search(viewer, narrowed, search, ordering, of_one=of_one)
    listed = select(Course.id).where(*narrowed)
    rows, keys = course_rows.select_for(viewer), _keys(ordering)
    if of_one:
        return Listing(rows, keys, into=CourseRow, matching=listed, rows=rows, gathers=True)
    is_prepared = not filters and category is None and ordering == NEWEST
    return Listing(
        rows.where(*narrowed), keys, into=CourseRow, matching=listed, rows=rows, is_prepared=is_prepared
    )


def _search(
    viewer: Caller | None,
    narrowed: Sequence[ColumnElement[bool]],
    term: ColumnElement[str],
    ordering: str,
    *,
    of_one: bool,
) -> Listing:
    """The courses of a list that match a search term. Where more match than are counted, not all of them are ranked.

    No plan suits every word, so finding them is planned for each.
    """
    keys = courses_search.by_relevance(term) if ordering == RELEVANCE else _keys(ordering)
    rows, matching = course_rows.select_for(viewer), [*narrowed, courses_search.matches(term)]
    found = Listing(
        rows,
        keys,
        into=CourseRow,
        matching=select(Course.id).where(*matching),
        rows=rows,
        gathers=True,
    )
    # An instructor's courses, however many, may come after those of all others in the ordering.
    if of_one:
        return found
    if ordering != RELEVANCE:
        crowded = replace(found, statement=rows.where(*matching), gathers=False)
        return replace(found, crowded=crowded)
    ranked = courses_search.most_relevant(select(Course.id).where(*narrowed), term)
    return replace(found, crowded=replace(found, matching=ranked))


def _keys(ordering: str) -> list[SortKey]:
    return ordered_by(ordering, ORDERINGS, Course.id, nullable=NULLABLE)


def _in_scope(scope: Scope, viewer: Caller | None) -> ColumnElement[bool]:
    if scope == Scope.OWN and viewer is not None:
        return Course.deleted_at.is_(None) & (Course.instructor_id == viewer.id)
    return course_listed_to(viewer)


def _narrowing(
    *,
    has_none: bool = False,
    level: tuple[Level, ...] | None = None,
    status: tuple[CourseStatus, ...] | None = None,
    is_free: bool | None = None,
    has_seats: bool | None = None,
    min_price: Any = None,
    max_price: Any = None,
) -> list[ColumnElement[bool]]:
    free_seat = or_(Course.total_seats.is_(None), Course.enrollment_count < Course.total_seats)
    full = (Course.enrollment_count >= Course.total_seats).is_(true())
    wanted = [
        (has_none or None, false),
        (is_free, lambda: (Course.price == 0) if is_free else (Course.price > 0)),
        (has_seats, lambda: free_seat if has_seats else full),
        (min_price, lambda: Course.price >= min_price),
        (max_price, lambda: Course.price <= max_price),
    ]
    words = narrowed_by({Course.level: level, Course.status: status})
    return words + [clause() for value, clause in wanted if value is not None]
