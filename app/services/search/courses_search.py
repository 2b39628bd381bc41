"""Full text search of courses: the indexed fields and their weights. Titles have the highest weight."""

from __future__ import annotations

from functools import reduce
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, Select, cast, func, literal_column, select, text, union, update
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.db.fulltext import asking, words_of
from app.db.keyset import SortKey
from app.db.listings import folded
from app.db.page_statements import COUNT_CAP
from app.db.session import db
from app.models.category import Category
from app.models.course import Course
from app.models.user import User

SOURCES = frozenset(
    {
        "title",
        "short_description",
        "description",
        "category_id",
        "instructor_id",
        "venue",
        "schedule",
    }
)
"""The fields of a course in the search index."""

INDEXED_AT_ONCE = 500
"""Courses that `index_next` locks at a time."""

MOST_RANKED = COUNT_CAP
"""Matches of each kind that are ranked. Not fewer than are counted: page numbers reach the last of those."""


def matches(term: ColumnElement[str]) -> ColumnElement[bool]:
    """A course contains every word of the search term."""
    return Course.search_vector.bool_op("@@")(asking(term))


def by_relevance(term: ColumnElement[str]) -> list[SortKey]:
    """Titles that equal the search term come first, the others in the order of their rank."""
    keys = (_is_titled(term), _rank(term), Course.id)
    return [SortKey(key, descending=True) for key in keys]


def most_relevant(courses: Select[UUID], term: ColumnElement[str]) -> Select[UUID]:
    """Those of these courses that are worth ranking, where more match than are counted: ranking all takes too long.

    They are the courses whose title equals the search term, those with all its words in the title, and if these are few,
    those that match otherwise; the newest first. Each set is read from an index, up to a limit.
    """
    newest = courses.order_by(Course.created_at.desc(), Course.id.desc()).limit(MOST_RANKED)
    titled = newest.where(_has_in_title(term)).cte("titled").prefix_with("MATERIALIZED")
    are_few = select(func.count()).select_from(titled).scalar_subquery() < MOST_RANKED
    chosen = union(
        newest.where(_is_titled(term)),
        select(titled.c.id),
        newest.where(matches(term), are_few),
    )
    return select(Course.id).where(Course.id.in_(chosen))


def _is_titled(term: ColumnElement[str]) -> ColumnElement[bool]:
    return folded(Course.title) == folded(term)


def _has_in_title(term: ColumnElement[str]) -> ColumnElement[bool]:
    return _words_of_title().bool_op("@@")(asking(term))


def _words_of_title() -> ColumnElement[Any]:
    """As their index spells them."""
    return func.ts_filter(Course.search_vector, literal_column("""'{a}'::"char"[]"""), type_=TSVECTOR)


def _rank(term: ColumnElement[str]) -> ColumnElement[Any]:
    """Rounded, so that a cursor finds it again exactly."""
    return cast(func.round(cast(func.ts_rank(Course.search_vector, asking(term)), Numeric), 6), Numeric)


def index_for_search(clause: ColumnElement[bool]) -> None:
    """Rebuild the search vectors of the courses that match the clause.

    Call it when an instructor is renamed, or a category is renamed, activated or deactivated.
    """
    _lock_and_index(select(Course.id).where(clause))


def index_locked(course_id: UUID) -> None:
    """The same for one course, which is new or locked. Call it when one of `SOURCES` changes."""
    _index(select(Course.id).where(Course.id == course_id))


def index_next(last: UUID) -> list[UUID]:
    """Rebuild the search vectors of the next courses after `last` in the order of their ids, and return their ids."""
    return _lock_and_index(select(Course.id).where(Course.id > last).limit(INDEXED_AT_ONCE))


def _lock_and_index(wanted: Select[UUID]) -> list[UUID]:
    """Lock first, in the order of ids as everywhere, and read in a second statement.

    A statement does not see what was committed after it began. One that waited for a lock would index the old name of an
    instructor who was renamed by the very transaction that it waited for.
    """
    in_order = wanted.order_by(Course.id)
    locked = in_order.with_for_update(key_share=True).subquery()
    db.session.execute(select(func.count()).select_from(locked))
    return _index(in_order)


def _index(wanted: Select[UUID]) -> list[UUID]:
    chosen = wanted.cte("wanted")
    rebuilt = (
        update(Course)
        .where(Course.id == chosen.c.id)
        .values(search_vector=_vector(), updated_at=Course.updated_at)
        .returning(Course.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(db.session.scalars(rebuilt))


def _vector() -> ColumnElement[Any]:
    # The vector is the same for all callers, and most of them may not see an inactive category.
    category = (
        select(Category.name).where(Category.id == Course.category_id, Category.is_active).scalar_subquery()
    )
    instructor = (
        select(func.concat_ws(" ", User.first_name, User.last_name))
        .where(User.id == Course.instructor_id)
        .scalar_subquery()
    )
    weighted = [
        _weigh("A", Course.title),
        _weigh("B", Course.short_description),
        _weigh("B", category),
        _weigh("B", instructor),
        _weigh("C", Course.description),
        _weigh("D", Course.venue),
        _weigh("D", Course.schedule),
    ]
    return reduce(lambda left, right: left.op("||")(right), weighted)


def _weigh(weight: str, source: Any) -> ColumnElement[Any]:
    return func.setweight(words_of(source), text(f"'{weight}'"), type_=TSVECTOR)
