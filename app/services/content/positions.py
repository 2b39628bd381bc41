"""Positions of sections in a course, lessons in a section, and questions in a quiz: from 1, with gaps, unique.

Callers hold the lock of the course, so that what is read here is still true when it is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, ScalarSelect, Uuid, column, func, literal, select, update

from app.db.session import db
from app.errors.catalogue import OrderStale
from app.models.lesson import Lesson
from app.models.question import Question
from app.models.section import Section

Placed = type[Section] | type[Lesson] | type[Question]


def behind_the_last(model: Placed, siblings: ColumnElement[bool]) -> ScalarSelect[int]:
    """The position after the last sibling."""
    return select(func.coalesce(func.max(model.position), 0) + 1).where(siblings).scalar_subquery()


def renumber(model: Placed, siblings: ColumnElement[bool], order: Sequence[UUID]) -> bool:
    """Give the siblings the positions 1, 2, 3 … in this order, in one statement. Returns whether the order has changed."""
    in_order = select(model.id).where(siblings, model.deleted_at.is_(None)).order_by(model.position)
    present = db.session.scalars(in_order).all()
    _refuse_another(order, present)
    placed = (
        func.unnest(literal(list(order), ARRAY(Uuid)))
        .table_valued(column("id", Uuid), with_ordinality="place")
        .render_derived()
    )
    db.session.execute(
        update(model)
        .where(model.id == placed.c.id, model.position != placed.c.place)
        .values(position=placed.c.place)
        .execution_options(synchronize_session=False)
    )
    return list(order) != list(present)


def _refuse_another(order: Sequence[UUID], present: Sequence[UUID]) -> None:
    """Refuse an order that does not name exactly the present siblings: it was made from an outdated list."""
    if sorted(order) == sorted(present):
        return
    named, there = set(order), set(present)
    missing = [f"Missing: {each}." for each in present if each not in named]
    unknown = [f"Unknown: {each}." for each in order if each not in there]
    doubled = [f"Named more than once: {each}." for each, times in Counter(order).items() if times > 1]
    raise OrderStale(details={"order": missing + unknown + doubled})
