"""Lists of courses: what the viewer may see, filtered and ordered.

A list reads the columns it shows, with category and instructor, in one statement, whatever its length.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, and_, false, func, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, joinedload, load_only, with_expression

from app.db.keyset import SortKey
from app.db.listings import Listing, folded, narrowed_by, ordered_by
from app.db.session import db
from app.enums import CourseStatus, Level
from app.models.category import Category
from app.models.course import Course
from app.models.course_change import CourseChange
from app.models.user import User
from app.models.visibility import category_visible_to, course_listed_to
from app.services.catalogue.courses import category_shown_to, get_managed, load_is_enrolled, shows_category
from app.services.counters import tallies
from app.services.search import courses_search
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

_SHOWN = (
    Course.id,
    Course.code,
    Course.slug,
    Course.title,
    Course.short_description,
    Course.category_id,
    Course.instructor_id,
    Course.level,
    Course.price,
    Course.currency,
    Course.thumbnail,
    Course.duration_hours,
    Course.class_starts,
    Course.admission_deadline,
    Course.schedule,
    Course.venue,
    Course.total_seats,
    Course.enforce_order,
    Course.status,
    Course.published_at,
    Course.enrollment_count,
    Course.lesson_count,
    Course.rating_count,
    Course.average_rating,
    Course.created_at,
    Course.updated_at,
)


def list_catalogue(viewer: User | None, **query: Any) -> Listing:
    """The public courses, and the viewer's own."""
    return _listing(viewer, course_listed_to(viewer), **query)


def list_own(instructor: User, **query: Any) -> Listing:
    """The instructor's own courses, in every state."""
    owned = Course.deleted_at.is_(None) & (Course.instructor_id == instructor.id)
    listing = _listing(instructor, owned, of_one=True, **query)
    narrowed = {name for name, value in query.items() if value is not None} - {"ordering"}
    return listing if narrowed else replace(listing, total=tallies.courses_of(instructor.id))


def list_waiting(admin: User) -> Listing:
    """Courses that wait for a decision, oldest first, with the fields changed since the last one."""
    submitted = (
        select(func.max(CourseChange.created_at))
        .where(CourseChange.course_id == Course.id, CourseChange.action == "submitted")
        .correlate(Course)
        .scalar_subquery()
    )
    extra = (
        with_expression(Course.submitted_at, submitted),
        with_expression(Course.decided_at, Course.reviewed_at),
        with_expression(Course.changed_fields, _changed_since_decision()),
    )
    waiting = (Course.deleted_at.is_(None), Course.status == CourseStatus.PENDING)
    statement = _summaries(admin).where(*waiting).options(*extra)
    return Listing(statement, [SortKey(submitted, nullable=True), SortKey(Course.id)])


def list_history(user: User, ref: str | UUID) -> Listing:
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


def _listing(
    viewer: User | None,
    seen: ColumnElement[bool],
    *,
    of_one: bool = False,
    search: str | None = None,
    ordering: str | None = None,
    instructor: str | None = None,
    **filters: Any,
) -> Listing:
    narrowed = [seen, *_narrowing(viewer, **filters)]
    if instructor:
        narrowed.append(_taught_by(instructor))
    listed = select(Course.id).where(*narrowed)
    if search:
        narrowed.append(courses_search.matches(search))
    if search and not ordering:
        keys = courses_search.by_relevance(search)
    else:
        keys = ordered_by(ordering or NEWEST, ORDERINGS, Course.id, nullable=NULLABLE)
    matching = select(Course.id).where(*narrowed)
    in_order = Listing(_summaries(viewer).where(*narrowed), keys, matching=matching)
    if not (of_one or instructor or search):
        return in_order
    gathered = Listing(_summaries(viewer), keys, matching=matching, gathers=True)
    # An instructor's courses, however many, may come after those of all others in the ordering.
    if not search or of_one or instructor:
        return gathered
    if ordering:
        return replace(gathered, crowded=in_order)
    ranked = courses_search.most_relevant(listed, search)
    return replace(gathered, crowded=replace(gathered, matching=ranked))


def _summaries(viewer: User | None) -> Any:
    """Courses with the columns that a list shows; long texts are not loaded."""
    return (
        select(Course)
        .outerjoin(Category, category_shown_to(viewer))
        .outerjoin(User, User.id == Course.instructor_id)
        .options(
            load_only(*_SHOWN),
            contains_eager(Course.category).load_only(Category.name, Category.slug),
            contains_eager(Course.instructor).load_only(User.username, User.first_name, User.last_name),
            load_is_enrolled(viewer),
        )
    )


def _narrowing(
    viewer: User | None,
    *,
    category: str | None = None,
    level: tuple[Level, ...] | None = None,
    status: tuple[CourseStatus, ...] | None = None,
    is_free: bool | None = None,
    has_seats: bool | None = None,
    min_price: Decimal | None = None,
    max_price: Decimal | None = None,
) -> list[ColumnElement[bool]]:
    free_seat = or_(Course.total_seats.is_(None), Course.enrollment_count < Course.total_seats)
    full = (Course.enrollment_count >= Course.total_seats).is_(true())
    wanted = [
        (category, lambda: _in_category(viewer, str(category))),
        (is_free, lambda: (Course.price == 0) if is_free else (Course.price > 0)),
        (has_seats, lambda: free_seat if has_seats else full),
        (min_price, lambda: Course.price >= min_price),
        (max_price, lambda: Course.price <= max_price),
    ]
    words = narrowed_by({Course.level: level, Course.status: status})
    return words + [clause() for value, clause in wanted if value is not None]


def _in_category(viewer: User | None, ref: str) -> ColumnElement[bool]:
    """Looked up beforehand, like the instructor: the planner knows how many courses a category has by its id alone."""
    category_id = as_id(ref)
    meant = Category.slug == ref if category_id is None else Category.id == category_id
    found = db.session.execute(select(Category.id, category_visible_to(viewer)).where(meant)).one_or_none()
    if found is None:
        return false()
    category_id, is_visible = found
    is_shown = shows_category(viewer, true() if is_visible else false())
    return and_(Course.category_id == category_id, is_shown)


def _taught_by(ref: str) -> ColumnElement[bool]:
    user_id = as_id(ref) or db.session.scalar(select(User.id).where(User.has_username(ref)))
    return false() if user_id is None else Course.instructor_id == user_id
