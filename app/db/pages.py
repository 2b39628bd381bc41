"""Pages of lists, by offset and by key.

`fetch_page` reads one page of a `Listing`, and the number of rows in the whole list, in one statement. Links between pages
use keyset pagination: a `Place` holds the sort values of the row where a page begins, so that inserted and deleted rows
shift nothing, and every page costs the same. A page by its number alone skips rows with OFFSET, which costs more the deeper
it is, so numbers end at `DEEPEST_ROW`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    func,
    literal,
    select,
)

from app.db.keyset import Place, SortKey, cut_at
from app.db.listings import Listing
from app.db.session import db
from app.db.statements import Row, Statement
from app.errors.requests import PageNotFound, PageTooDeep

DEEPEST_ROW = 1_000
"""The last row that page numbers reach."""

USUAL_SIZE = 20
"""The rows of a page where the client asks for no number. Only such pages are prepared, as each keeps a plan in the server."""

COUNT_CAP = 1_000
"""Rows that are counted exactly; a longer list says `count_is_exact: false`."""

_PARAMETER = "parameter"
_NAMES_OF_PLACE = ("place_0", "place_1", "place_2", "place_3")


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


def fetch_page(listing: Listing, *, page: int, size: int, place: Place | None = None) -> Page:
    offset = (page - 1) * size if place is None else 0
    if listing.total is None and (offset or (listing.crowded and not listing.gathers)):
        listing = _counted(listing, _count(listing))
    if listing.total is not None:
        _refuse_beyond(offset, listing.total, exact=listing.is_total_exact)
    found = _read(listing, size=size, offset=offset, place=place)
    count, is_exact = _number(listing, found, place)
    if listing.total is None and listing.crowded and not is_exact:
        listing = _counted(listing, (count, is_exact))
        found = _read(listing, size=size, offset=offset, place=place)
    width, is_backward = len(listing.keys), place is not None and place.is_backward
    shown, has_more = found[:size], len(found) > size
    if is_backward:
        shown = shown[::-1]
    places = [row[-width - 1 : -1] for row in shown]
    before, after = _around(places, place if count else None, offset=offset, has_more=has_more)
    is_before_all = is_backward and not shown and count > 0
    return Page(_rows(listing, shown), count, is_exact, after, before, is_before_all)


def _read(listing: Listing, *, size: int, offset: int, place: Place | None) -> Sequence[Row]:
    """One row more than the page has. Behind the columns of the list are the sort values, then the number of all rows."""
    if listing.total == 0:
        return []
    if listing.shape is None:
        return _execute(listing, _select_page(listing, size, offset, place))
    outline = None if place is None else _outline_of(place, listing.keys)
    page = _page(listing.shape, size, outline, has_offset=offset > 0, is_counted=listing.total is None)
    values = {} if place is None else dict(zip(_NAMES_OF_PLACE, place.values, strict=False))
    return page.all({**listing.values, **values, "offset": offset})


def _execute(listing: Listing, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
    found = db.session.execute(statement, listing.values)
    is_of_entities = listing.into is None and not listing.columns
    return (found.unique() if is_of_entities else found).all()


def _outline_of(place: Place, keys: Sequence[SortKey]) -> Place:
    """The place without the values that may be parameters. NULL and constant keys make other statements."""
    values = [
        value if value is None or key.is_constant else _PARAMETER
        for key, value in zip(keys, place.values, strict=True)
    ]
    return replace(place, values=tuple(values))


@lru_cache(maxsize=512)
def _page(
    shape: Listing, size: int, outline: Place | None, *, has_offset: bool, is_counted: bool
) -> Statement[Row]:
    place = None
    if outline is not None:
        values = [
            bindparam(name, type_=Text()) if value is _PARAMETER else value
            for name, value in zip(_NAMES_OF_PLACE, outline.values, strict=False)
        ]
        place = replace(outline, values=values)
    listing = shape if is_counted else replace(shape, total=0)
    offset = bindparam("offset", type_=Integer()) if has_offset else 0
    is_prepared = shape.is_prepared and size == USUAL_SIZE
    return Statement(
        lambda: _select_page(listing, size, offset, place), _as_it_is, is_prepared=is_prepared, as_text=True
    )


def _as_it_is(*row: Any) -> Row:
    return row


def _select_page(
    listing: Listing, size: int, offset: int | ColumnElement[int], place: Place | None
) -> Select[*tuple[Any, ...]]:
    """The columns of the list, the sort values, and the number of rows in the whole list, unless it is known."""
    is_backward = place is not None and place.is_backward
    keys = [key.reversed() for key in listing.keys] if is_backward else listing.keys
    cut = partial(cut_at, offset=offset, limit=size + 1, place=place)
    count = _counting(_matching(listing)) if listing.total is None else literal(0)
    if not listing.gathers:
        statement = listing.statement.add_columns(*(key.column for key in keys), count)
        return cut(statement, keys)
    found = _gathered(listing)
    of_found = [replace(key, column=column) for key, column in zip(keys, found.c, strict=True)]
    page = cut(select(found), of_found).subquery("page")
    shown = [replace(key, column=column) for key, column in zip(keys, page.c, strict=True)]
    if listing.total is None:
        count = _counting(select(found))
    statement = listing.statement.join(page, shown[-1].column == keys[-1].column)
    return statement.add_columns(*page.c, count).order_by(*(key.order() for key in shown))


def _gathered(listing: Listing) -> CTE:
    columns = [key.column.label(f"key_{place}") for place, key in enumerate(listing.keys)]
    matching = _matching(listing).with_only_columns(*columns)
    if listing.crowded is not None:
        # Of more than are counted, `crowded` is read instead.
        matching = matching.limit(COUNT_CAP + 1)
    return matching.cte("found").prefix_with("MATERIALIZED")


def _number(listing: Listing, found: Sequence[Row], place: Place | None) -> tuple[int, bool]:
    """How many rows the whole list has, and whether that is exact."""
    if listing.total is not None:
        return listing.total, listing.is_total_exact
    if found:
        return _capped(found[0][-1])
    return (0, True) if place is None else _count(listing)


def _around(
    places: Sequence[Row], place: Place | None, *, offset: int, has_more: bool
) -> tuple[Place | None, Place | None]:
    """Where the pages before and after the rows with these sort values are. There is always a page in the direction that the client came from."""
    is_backward = place is not None and place.is_backward
    if not places:
        if place is None or is_backward:
            return None, None
        return Place(place.values, is_backward=True, is_inclusive=True), None
    has_next = is_backward or has_more
    has_previous = has_more if is_backward else place is not None or offset > 0
    before = Place(_values(places[0]), is_backward=True) if has_previous else None
    return before, Place(_values(places[-1])) if has_next else None


def _values(place: Row) -> list[str | None]:
    """The sort values of a row as text, for a cursor."""
    return [None if value is None else str(value) for value in place]


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
    gathered = db.session.scalars(still.order_by(*order), listing.values).all()
    for start in range(0, len(gathered) or 1, size):
        chunk = literal(list(gathered[start : start + size]), ARRAY(key.type))
        there = listing.statement.where(key.in_(still.where(key == any_(chunk))))
        found = _execute(listing, there.order_by(None).order_by(*order))
        yield _rows(listing, found)


def _rows(listing: Listing, found: Sequence[Row]) -> list[Any]:
    if listing.into is not None:
        width = len(listing.statement.selected_columns)
        return [listing.into(*row[:width]) for row in found]
    if not listing.columns:
        rows = [row[0] for row in found]
        return rows if listing.shown is None else [listing.shown(row) for row in rows]
    names = [column.key for column in listing.statement.selected_columns]
    return [dict(zip(names, row, strict=False)) for row in found]


def _count(listing: Listing) -> tuple[int, bool]:
    if listing.shape is not None:
        (number,) = _count_alone(listing.shape).first(listing.values) or (0,)
    else:
        number = db.session.scalar(select(_counting(_matching(listing)))) or 0
    return _capped(number)


@lru_cache(maxsize=256)
def _count_alone(shape: Listing) -> Statement[Row]:
    return Statement(lambda: select(_counting(_matching(shape))), _as_it_is, is_prepared=shape.is_prepared)


def _counting(matching: Select[*tuple[Any, ...]]) -> ColumnElement[int]:
    """The number of rows, counted up to one more than `COUNT_CAP`."""
    # The columns may be all that names the table.
    bare = matching.order_by(None).with_only_columns(literal(1), maintain_column_froms=True)
    capped = bare.limit(COUNT_CAP + 1).correlate(None).subquery()
    return select(func.count()).select_from(capped).scalar_subquery()


def _capped(number: int) -> tuple[int, bool]:
    return min(number, COUNT_CAP), number <= COUNT_CAP


def _counted(listing: Listing, counted: tuple[int, bool]) -> Listing:
    """The list with its number of rows, or where these are more than are counted, the other way to read it."""
    count, is_exact = counted
    if not is_exact and listing.crowded is not None:
        crowded = listing.crowded
        listing = crowded if listing.shape is None else replace(crowded, shape=crowded, values=listing.values)
    return replace(listing, total=count, is_total_exact=is_exact)


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
