"""Offset and keyset pagination of lists.

A service describes a list as a `Listing`; `fetch_page` reads one page of it in two statements (one when the total is
known). Links between pages use keyset pagination: a `Place` holds the sort values of the row where a page begins, so
that inserted and deleted rows shift nothing, and every page costs the same. A page by its number alone skips rows with
OFFSET, which costs more the deeper it is, so numbers end at `DEEPEST_ROW`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Text,
    any_,
    func,
    literal,
    select,
)

from app.db.keyset import Place, SortKey, cut_at
from app.db.session import db
from app.errors.requests import PageNotFound, PageTooDeep

Cut = Callable[[Select[*tuple[Any, ...]], Sequence["SortKey"]], Select[*tuple[Any, ...]]]

DEEPEST_ROW = 1_000
"""The last row that page numbers reach."""

COUNT_CAP = 1_000
"""Rows that are counted exactly; a longer list says `count_is_exact: false`."""


@dataclass(frozen=True)
class Listing:
    """A list that can be paged: what to select, in which order, and how many there are when a counter knows.

    The last sort key is the primary key. Rows are single entities, or mappings when `columns` is set.
    """

    statement: Select[*tuple[Any, ...]]
    keys: Sequence[SortKey]
    columns: bool = False
    total: int | None = None
    is_total_exact: bool = True
    matching: Select[*tuple[Any, ...]] | None = None
    """The same rows without joins: this is counted."""
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


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    count: int
    count_is_exact: bool
    after: Place | None
    """Where the next page begins, if there is one."""
    before: Place | None
    """Where the page before this one ends, if there is one."""
    is_before_all: bool = False
    """The page was read backwards and is empty: the next page is the first one."""


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


def fetch_page(listing: Listing, *, page: int, size: int, place: Place | None = None) -> Page:
    count, exact = _count(listing)
    if not exact and listing.crowded:
        listing = listing.crowded
    offset = (page - 1) * size if place is None else 0
    _refuse_beyond(offset, count, exact=exact)
    is_backward = place is not None and place.is_backward
    if is_backward:
        listing = replace(listing, keys=[key.reversed() for key in listing.keys])
    cut = partial(cut_at, offset=offset, limit=size + 1, place=place)
    statement = _gathered(listing, cut) if listing.gathers else _in_order(listing, cut)
    found: Sequence[Row[Any]] = db.session.execute(statement).unique().all() if count else []
    shown, has_more = found[:size], len(found) > size
    if is_backward:
        shown = shown[::-1]
    before, after = _around(
        shown, len(listing.keys), place if count else None, offset=offset, has_more=has_more
    )
    is_before_all = is_backward and not shown and count > 0
    return Page(_rows(listing, shown), count, exact, after, before, is_before_all)


def _around(
    shown: Sequence[Row[Any]], width: int, place: Place | None, *, offset: int, has_more: bool
) -> tuple[Place | None, Place | None]:
    """Where the pages before and after these rows are. There is always a page in the direction that the client came from."""
    is_backward = place is not None and place.is_backward
    if not shown:
        if place is None or is_backward:
            return None, None
        return Place(place.values, is_backward=True, is_inclusive=True), None
    has_next = is_backward or has_more
    has_previous = has_more if is_backward else place is not None or offset > 0
    before = Place(_values(shown[0], width), is_backward=True) if has_previous else None
    return before, Place(_values(shown[-1], width)) if has_next else None


def _values(row: Row[Any], width: int) -> list[str | None]:
    """The sort values of a row as text, for a cursor."""
    return [None if value is None else str(value) for value in row[-width:]]


def in_chunks(listing: Listing, size: int) -> Iterator[list[Any]]:
    """The whole list in chunks; an empty list gives one empty chunk. Between chunks the connection may be released."""
    if listing.gathers:
        yield from _gathered_in_chunks(listing, size)
        return
    place: Place | None = None
    while True:
        found = fetch_page(listing, page=1, size=size, place=place)
        yield found.rows
        if found.after is None:
            return
        listing = replace(listing, total=found.count, is_total_exact=found.count_is_exact)
        place = found.after


def _gathered_in_chunks(listing: Listing, size: int) -> Iterator[list[Any]]:
    """Collect and sort the keys once; the rows are read chunk by chunk, if they still match by then."""
    key, order = listing.keys[-1].column, [each.order() for each in listing.keys]
    still = _matching(listing).with_only_columns(key).order_by(None)
    gathered = db.session.scalars(still.order_by(*order)).all()
    for start in range(0, len(gathered) or 1, size):
        chunk = literal(list(gathered[start : start + size]), ARRAY(key.type))
        found = db.session.execute(
            listing.statement.where(key.in_(still.where(key == any_(chunk)))).order_by(None).order_by(*order)
        )
        yield _rows(listing, found.unique().all())


def _rows(listing: Listing, found: Sequence[Row[Any]]) -> list[Any]:
    if not listing.columns:
        rows = [row[0] for row in found]
        return rows if listing.shown is None else [listing.shown(row) for row in rows]
    names = [column.key for column in listing.statement.selected_columns]
    return [dict(zip(names, row, strict=False)) for row in found]


def _in_order(listing: Listing, cut: Cut) -> Select[*tuple[Any, ...]]:
    return cut(listing.statement.add_columns(*(key.column for key in listing.keys)), listing.keys)


def _gathered(listing: Listing, cut: Cut) -> Select[*tuple[Any, ...]]:
    columns = [key.column.label(f"key_{place}") for place, key in enumerate(listing.keys)]
    matching = _matching(listing).with_only_columns(*columns).cte("found").prefix_with("MATERIALIZED")
    keys = [replace(key, column=column) for key, column in zip(listing.keys, matching.c, strict=True)]
    page = cut(select(matching), keys).subquery("page")
    shown = [replace(key, column=column) for key, column in zip(listing.keys, page.c, strict=True)]
    statement = listing.statement.join(page, shown[-1].column == listing.keys[-1].column)
    return statement.add_columns(*page.c).order_by(*(key.order() for key in shown))


def _count(listing: Listing) -> tuple[int, bool]:
    if listing.total is not None:
        return listing.total, listing.is_total_exact
    # The columns may be all that names the table.
    bare = _matching(listing).order_by(None).with_only_columns(literal(1), maintain_column_froms=True)
    capped = bare.limit(COUNT_CAP + 1).subquery()
    count = db.session.scalar(select(func.count()).select_from(capped)) or 0
    return min(count, COUNT_CAP), count <= COUNT_CAP


def _matching(listing: Listing) -> Select[*tuple[Any, ...]]:
    return listing.statement if listing.matching is None else listing.matching


def _refuse_beyond(offset: int, count: int, *, exact: bool) -> None:
    if offset >= DEEPEST_ROW and (count > DEEPEST_ROW or not exact):
        raise PageTooDeep(
            details={
                "page": [
                    f"Page numbers go up to row {DEEPEST_ROW:,}; from there follow `next`, which carries `after`."
                ]
            }
        )
    if offset and offset >= count:
        raise PageNotFound
