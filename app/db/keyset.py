"""Keyset pagination: the sort keys of a list, and the rows that come after a row in their order.

A cursor has the sort values of the row where a page begins. An index on the keys finds the place whatever its depth, and
rows that appear or disappear meanwhile shift nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, false, literal, null, or_, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import NullType


@dataclass(frozen=True)
class SortKey:
    """One column a list is ordered by. NULLs come last in both directions, and first where it is read backwards."""

    column: ColumnElement[Any] | InstrumentedAttribute[Any]
    descending: bool = False
    nullable: bool = False
    is_constant: bool = False
    """Every row has the same value, false."""
    is_nulls_first: bool = False

    def __post_init__(self) -> None:
        # Only the second page would notice: a cursor's text is cast back to the type of its column.
        if isinstance(self.column.type, NullType):
            raise TypeError(f"{self.column} has no type that a cursor could hold; give it one with type_=")

    def order(self) -> ColumnElement[Any]:
        ordered = self.column.desc() if self.descending else self.column.asc()
        if not self.nullable:
            return ordered
        return ordered.nulls_first() if self.is_nulls_first else ordered.nulls_last()

    def reversed(self) -> SortKey:
        return replace(self, descending=not self.descending, is_nulls_first=not self.is_nulls_first)


@dataclass(frozen=True)
class Place:
    """Where in a list a page begins: after the row with these sort values, before it, or including that row.

    The values are texts, or parameters in a statement that is built once.
    """

    values: Sequence[Any]
    is_backward: bool = False
    is_inclusive: bool = False


def cut_at(
    statement: Select[*tuple[Any, ...]],
    keys: Sequence[SortKey],
    *,
    offset: int | ColumnElement[int],
    limit: int,
    place: Place | None,
) -> Select[*tuple[Any, ...]]:
    """One page of the rows, in their order."""
    if place is not None:
        beyond = _beyond(keys, place.values)
        statement = statement.where(or_(beyond, _same(keys, place.values)) if place.is_inclusive else beyond)
    return statement.order_by(None).order_by(*(key.order() for key in keys)).limit(limit).offset(offset)


def _beyond(keys: Sequence[SortKey], values: Sequence[str | None]) -> ColumnElement[bool]:
    """The rows that come after the given sort values."""
    first, *_ = keys
    if first.is_constant:
        # Left out of the comparison: an index on the others then finds the place.
        if values[0] != str(True):
            return _beyond(keys[1:], values[1:])
        return true() if first.descending else false()
    if all(key.descending == first.descending and not key.nullable for key in keys):
        left, right = tuple_(*(key.column for key in keys)), tuple_(*_typed(keys, values))
        return left < right if first.descending else left > right
    alternatives = [
        and_(*_equal(keys[:place], values), _after_one(key, value, is_null=values[place] is None))
        for place, (key, value) in enumerate(zip(keys, _typed(keys, values), strict=True))
    ]
    return or_(*alternatives)


def _same(keys: Sequence[SortKey], values: Sequence[str | None]) -> ColumnElement[bool]:
    """The row with the given sort values."""
    return and_(*_equal(keys, values))


def _equal(keys: Sequence[SortKey], values: Sequence[str | None]) -> list[ColumnElement[bool]]:
    typed = _typed(keys, values[: len(keys)])
    return [key.column.is_not_distinct_from(value) for key, value in zip(keys, typed, strict=True)]


def _after_one(key: SortKey, value: ColumnElement[Any], *, is_null: bool) -> ColumnElement[bool]:
    if is_null:
        return key.column.is_not(None) if key.is_nulls_first else false()
    later = key.column < value if key.descending else key.column > value
    has_nulls_later = key.nullable and not key.is_nulls_first
    return or_(later, key.column.is_(None)) if has_nulls_later else later


def _typed(keys: Sequence[SortKey], values: Sequence[str | None]) -> list[ColumnElement[Any]]:
    """Cursor values arrive as JSON; the cast gives each the type of its column again."""
    return [cast(_as_text(value), key.column.type) for key, value in zip(keys, values, strict=True)]


def _as_text(value: Any) -> ColumnElement[Any]:
    if value is None:
        return null()
    return value if isinstance(value, ColumnElement) else literal(value, Text)
