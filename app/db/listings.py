"""Lists that can be paged: what to select, in which order, and with which filters.

A service describes a list as a `Listing`; `app.db.pages` reads it. A list that is asked for often is described once for all
values of its filters, see `built_once`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Integer, Numeric, Select, Text, Uuid, bindparam, func
from sqlalchemy.types import TypeEngine

from app.db.keyset import SortKey
from app.db.statements import Values

_TYPES: Mapping[type, TypeEngine[Any]] = {
    str: Text(),
    int: Integer(),
    UUID: Uuid(),
    Decimal: Numeric(),
    datetime: DateTime(timezone=True),
}
"""The types of the values that become parameters."""


@dataclass(frozen=True, eq=False)
class Listing:
    """A list that can be paged: what to select, in which order, and how many there are when a counter knows.

    The last sort key is the primary key. Rows are single entities, mappings when `columns` is set, and otherwise what
    `into` makes of the columns. In a list that is built once, ids and words of enumerations are text: its rows are shown
    and not used otherwise.
    """

    statement: Select[*tuple[Any, ...]]
    keys: Sequence[SortKey]
    columns: bool = False
    into: Callable[..., Any] | None = None
    total: int | None = None
    is_total_exact: bool = True
    matching: Select[*tuple[Any, ...]] | None = None
    """The same rows without joins: this is counted."""
    rows: Select[*tuple[Any, ...]] | None = None
    """What a page shows, without the conditions of the list. A list that is built once and not prepared is then read in two
    statements: the keys of the page, planned for the values at hand, and its rows by their keys, which is prepared.

    Reading and planning all columns again would take more than half of a search.
    """
    gathers: bool = False
    """Matching rows are collected first (a materialized CTE), sorted and limited; only one page is joined to `statement`.

    The planner would otherwise scan the index of the ordering until it finds enough matches, which for a rare word or a
    user with few rows means the whole table.
    """
    crowded: Listing | None = None
    """The same list, read in its order until a page is full: for when more rows match than are counted."""
    shown: Callable[[Any], Any] | None = None
    """Makes of each row what the list shows of it; by default the row itself."""
    shown_in_sheet: Callable[[Any], Any] | None = None
    """Makes of each row what a sheet of the list has of it; by default what the list shows."""
    summary: Mapping[str, Any] = field(default_factory=dict)
    """Values about the whole list, shown beside its rows."""
    is_prepared: bool = False
    """Whether one plan suits all values of its parameters."""
    shape: Listing | None = None
    """The list with parameters of which this is one, see `built_once`."""
    values: Values = field(default_factory=dict)
    """of the parameters"""


def folded(column: Any) -> ColumnElement[str]:
    """Text as every list orders it: without case and accents."""
    return func.folded(column, type_=Text)


def lowered(column: Any) -> ColumnElement[str]:
    """Email addresses and usernames, which have no accents: served by their unique index."""
    return func.lower(column, type_=Text)


def narrowed_by(wanted: Mapping[Any, Any]) -> list[ColumnElement[bool]]:
    """Filters of a list: each column equals its value, or one of several in a tuple; None filters nothing."""
    return [
        column.in_(value) if isinstance(value, tuple) else column == value
        for column, value in wanted.items()
        if value is not None
    ]


def ordered_by(
    ordering: str, columns: Mapping[str, Any], key: Any, *, nullable: Sequence[str] = ()
) -> list[SortKey]:
    """The sort keys for an `ordering` such as `-created_at`; `key` breaks ties in the same direction."""
    name = ordering.removeprefix("-")
    descending = ordering.startswith("-")
    return [SortKey(columns[name], descending, name in nullable), SortKey(key, descending)]


def built_once(
    build: Callable[..., Listing], *fixed: Hashable, query: Mapping[str, Any], values: Values
) -> Listing:
    """The list that `build(*fixed, **query)` describes, built once for all values of the query.

    `build` is called with a parameter in the place of each text, id, number or time, and its list is kept. Words of an
    enumeration and truth values stay what they are: there is one list for each.

    :param values: of further parameters, which `build` makes itself
    """
    given = {name: value for name, value in query.items() if value is not None}
    structure = tuple((name, _structure_of(value)) for name, value in given.items())
    shape = _built(build, fixed, structure)
    return replace(shape, shape=shape, values={**given, **values})


def _structure_of(value: Any) -> Any:
    """The type of a parameter, or a value that is part of the statement: a truth value, or words of an enumeration."""
    if type(value) in _TYPES:
        return _TYPES[type(value)]
    if isinstance(value, tuple) and all(isinstance(each, Enum) for each in value):
        return tuple(sorted(set(value)))
    if isinstance(value, bool | Enum):
        return value
    raise TypeError(
        f"A list is not built once for each {type(value).__name__}: add the type of its parameter."
    )


@lru_cache(maxsize=256)
def _built(
    build: Callable[..., Listing], fixed: tuple[Hashable, ...], structure: tuple[tuple[str, Any], ...]
) -> Listing:
    query = {
        name: bindparam(name, type_=value) if isinstance(value, TypeEngine) else value
        for name, value in structure
    }
    return build(*fixed, **query)
