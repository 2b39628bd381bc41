"""The catalogue's full text search: what it reads, and how a question is asked.

Every word must be there, as a stem or as the beginning of a word; titles weigh most. Text and question are taken apart
in the same way, so that "Node.js" is found however it is written, and no query syntax ever reaches the server.
"""

from __future__ import annotations

import string
from functools import reduce
from typing import Any

from sqlalchemy import CTE, ColumnElement, Numeric, cast, func, select, text, true, update
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.dialects.postgresql.ext import to_tsquery, to_tsvector

from app.db import db
from app.models.category import Category
from app.models.course import Course
from app.models.user import User
from app.settings import settings

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
"""The fields of a course that search reads."""

_SPACES = " " * len(string.punctuation)
_APART = str.maketrans(string.punctuation, _SPACES)


def matches(question: str, *among: ColumnElement[bool]) -> CTE:
    """The courses that hold every word of the question, with their rank.

    Materialized: the planner would otherwise walk an index of the ordering in the hope of a match, which for a rare
    word means the whole table. The rank is rounded, so that a cursor finds it again exactly.
    """
    asked = _tsquery(question)
    rank = cast(func.round(cast(func.ts_rank(Course.search_vector, asked), Numeric), 6), Numeric)
    found = select(Course.id, rank.label("rank")).where(Course.search_vector.bool_op("@@")(asked), *among)
    return found.cte("found").prefix_with("MATERIALIZED")


def index_for_search(clause: ColumnElement[bool] | None = None) -> int:
    """Rebuild what search reads, for the courses of the clause or for all; how many there were.

    Call it where a title changes, and where a category or an instructor is renamed. Rows are locked in the order of
    their ids, as everywhere.
    """
    wanted = select(Course.id).where(true() if clause is None else clause)
    wanted = wanted.order_by(Course.id).with_for_update(key_share=True)
    locked = wanted.cte("wanted")
    rebuilt = (
        update(Course)
        .where(Course.id == locked.c.id)
        .values(search_vector=_vector(), updated_at=Course.updated_at)
        .execution_options(synchronize_session=False)
    )
    result: Any = db.session.execute(rebuilt)
    return int(result.rowcount)


def _tsquery(question: str) -> ColumnElement[Any]:
    """Each word by its stem or as a prefix, all of them together."""
    words = dict.fromkeys(question.translate(_APART).split())
    if not words:
        return cast("", TSQUERY)
    language = settings().search_language
    each = (
        to_tsquery(language, f"'{word}'").op("||")(to_tsquery("simple", f"'{word}':*")).self_group()
        for word in words
    )
    return reduce(lambda left, right: left.op("&&")(right), each)


def _vector() -> ColumnElement[Any]:
    category = select(Category.name).where(Category.id == Course.category_id).scalar_subquery()
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
    """A text in the language's stems and in its own words, which prefixes are matched against."""
    words = func.translate(func.coalesce(source, ""), string.punctuation, _SPACES)
    both = to_tsvector(settings().search_language, words).op("||")(to_tsvector("simple", words))
    return func.setweight(both, text(f"'{weight}'"), type_=TSVECTOR)
