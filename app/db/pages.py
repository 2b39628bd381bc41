"""Pages of lists, by offset and by key.

`fetch_page` reads one page of a `Listing`, and the number of rows in the whole list. Links between pages use keyset
pagination: a `Place` holds the sort values of the row where a page begins, so that inserted and deleted rows shift nothing,
and every page costs the same. A page by its number alone skips rows with OFFSET, which costs more the deeper it is, so
numbers end at `DEEPEST_ROW`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ARRAY, Select, any_, literal, select

from app.db.keyset import Place
from app.db.listings import Listing
from app.db.page_statements import (
    COUNT_CAP,
    KEYS,
    NAMES_OF_PLACE,
    count_alone,
    counting,
    is_read_at_once,
    matching_rows,
    outline_of,
    page_statement,
    rows_by_key,
    select_page,
)
from app.db.session import db
from app.db.statements import Row
from app.errors.requests import PageNotFound, PageTooDeep

DEEPEST_ROW = 1_000
"""The last row that page numbers reach."""


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
    return Page(_rows(listing, shown, further=width + 1), count, is_exact, after, before, is_before_all)


def _read(listing: Listing, *, size: int, offset: int, place: Place | None) -> Sequence[Row]:
    """One row more than the page has. Behind the columns of the list are the sort values, then the number of all rows."""
    if listing.total == 0:
        return []
    if listing.shape is None:
        return _execute(listing, select_page(listing, size, offset, place))
    outline = None if place is None else outline_of(place, listing.keys)
    page = page_statement(
        listing.shape, size, outline, has_offset=offset > 0, is_counted=listing.total is None
    )
    values = {} if place is None else dict(zip(NAMES_OF_PLACE, place.values, strict=False))
    found = page.all({**listing.values, **values, "offset": offset})
    return found if is_read_at_once(listing.shape) else _with_rows(listing, found)


def _with_rows(listing: Listing, found: Sequence[Row]) -> list[Row]:
    """The columns that the list shows of these keys, before them. A row that was deleted in between is left out."""
    if listing.shape is None or not found:
        return []
    keys = "{" + ",".join(row[-2] for row in found) + "}"
    rows = {row[-1]: row[:-1] for row in rows_by_key(listing.shape).all({**listing.values, KEYS: keys})}
    return [(*rows[row[-2]], *row) for row in found if row[-2] in rows]


def _execute(listing: Listing, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
    found = db.session.execute(statement, listing.values)
    is_of_entities = listing.into is None and not listing.columns
    return (found.unique() if is_of_entities else found).all()


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
    still = matching_rows(listing).with_only_columns(key).order_by(None)
    gathered = db.session.scalars(still.order_by(*order), listing.values).all()
    for start in range(0, len(gathered) or 1, size):
        chunk = literal(list(gathered[start : start + size]), ARRAY(key.type))
        there = listing.statement.where(key.in_(still.where(key == any_(chunk))))
        found = _execute(listing, there.order_by(None).order_by(*order))
        yield _rows(listing, found)


def _rows(listing: Listing, found: Sequence[Row], *, further: int = 0) -> list[Any]:
    """:param further: how many columns there are behind those of the list"""
    if listing.into is not None:
        return [listing.into(*row[: len(row) - further]) for row in found]
    if not listing.columns:
        rows = [row[0] for row in found]
        return rows if listing.shown is None else [listing.shown(row) for row in rows]
    names = [column.key for column in listing.statement.selected_columns]
    return [dict(zip(names, row, strict=False)) for row in found]


def _count(listing: Listing) -> tuple[int, bool]:
    if listing.shape is not None:
        (number,) = count_alone(listing.shape).first(listing.values) or (0,)
    else:
        number = db.session.scalar(select(counting(matching_rows(listing)))) or 0
    return _capped(number)


def _capped(number: int) -> tuple[int, bool]:
    return min(number, COUNT_CAP), number <= COUNT_CAP


def _counted(listing: Listing, counted: tuple[int, bool]) -> Listing:
    """The list with its number of rows, or where these are more than are counted, the other way to read it."""
    count, is_exact = counted
    if not is_exact and listing.crowded is not None:
        crowded = listing.crowded
        listing = crowded if listing.shape is None else replace(crowded, shape=crowded, values=listing.values)
    return replace(listing, total=count, is_total_exact=is_exact)


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
