"""The statements that read pages of lists.

Those of a list that is built once are kept for each size, place and offset that is asked for, and prepared where one plan
suits all values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.types import Uuid

from app.db.keyset import Place, SortKey, cut_at
from app.db.listings import Listing
from app.db.statements import Row, Statement

USUAL_SIZE = 20
"""The rows of a page where the client asks for no number. Only such pages are prepared, as each keeps a plan in the server."""

COUNT_CAP = 1_000
"""Rows that are counted exactly; a longer list says `count_is_exact: false`."""

_PARAMETER, KEYS = "parameter", "page_keys"
NAMES_OF_PLACE = ("place_0", "place_1", "place_2", "place_3")


def is_read_at_once(shape: Listing) -> bool:
    return shape.is_prepared or shape.rows is None


@lru_cache(maxsize=512)
def page_statement(
    shape: Listing, size: int, outline: Place | None, *, has_offset: bool, is_counted: bool
) -> Statement[Row]:
    place = None
    if outline is not None:
        values = [
            bindparam(name, type_=Text()) if value is _PARAMETER else value
            for name, value in zip(NAMES_OF_PLACE, outline.values, strict=False)
        ]
        place = replace(outline, values=values)
    listing = shape if is_counted else replace(shape, total=0)
    offset = bindparam("offset", type_=Integer()) if has_offset else 0
    only_keys = not is_read_at_once(shape)
    is_prepared = shape.is_prepared and size == USUAL_SIZE
    return Statement(
        lambda: select_page(listing, size, offset, place, only_keys=only_keys),
        _as_it_is,
        is_prepared=is_prepared,
        as_text=True,
    )


def _as_it_is(*row: Any) -> Row:
    return row


def select_page(
    listing: Listing,
    size: int,
    offset: int | ColumnElement[int],
    place: Place | None,
    *,
    only_keys: bool = False,
) -> Select[*tuple[Any, ...]]:
    """The columns of the list, the sort values, and the number of rows in the whole list, unless it is known."""
    is_backward = place is not None and place.is_backward
    keys = [key.reversed() for key in listing.keys] if is_backward else listing.keys
    cut = partial(cut_at, offset=offset, limit=size + 1, place=place)
    count = counting(matching_rows(listing)) if listing.total is None else literal(0)
    if not listing.gathers:
        columns = [*(key.column for key in keys), count]
        listed = listing.statement
        return cut(listed.with_only_columns(*columns) if only_keys else listed.add_columns(*columns), keys)
    found = _gathered(listing)
    of_found = [replace(key, column=column) for key, column in zip(keys, found.c, strict=True)]
    if listing.total is None:
        count = counting(select(found))
    if only_keys:
        return cut(select(found, count), of_found)
    page = cut(select(found), of_found).subquery("page")
    shown = [replace(key, column=column) for key, column in zip(keys, page.c, strict=True)]
    statement = listing.statement.join(page, shown[-1].column == keys[-1].column)
    return statement.add_columns(*page.c, count).order_by(*(key.order() for key in shown))


def _gathered(listing: Listing) -> CTE:
    columns = [key.column.label(f"key_{place}") for place, key in enumerate(listing.keys)]
    matching = matching_rows(listing).with_only_columns(*columns)
    if listing.crowded is not None:
        # Of more than are counted, `crowded` is read instead.
        matching = matching.limit(COUNT_CAP + 1)
    return matching.cte("found").prefix_with("MATERIALIZED")


@lru_cache(maxsize=512)
def rows_by_key(shape: Listing) -> Statement[Row]:
    key = shape.keys[-1].column
    keys = cast(bindparam(KEYS, type_=Text()), ARRAY(Uuid()))
    rows = shape.statement if shape.rows is None else shape.rows
    return Statement(lambda: rows.add_columns(key).where(key == any_(keys)), _as_it_is, as_text=True)


@lru_cache(maxsize=256)
def count_alone(shape: Listing) -> Statement[Row]:
    return Statement(lambda: select(counting(matching_rows(shape))), _as_it_is, is_prepared=shape.is_prepared)


def counting(matching: Select[*tuple[Any, ...]]) -> ColumnElement[int]:
    """The number of rows, counted up to one more than `COUNT_CAP`."""
    # The columns may be all that names the table.
    bare = matching.order_by(None).with_only_columns(literal(1), maintain_column_froms=True)
    capped = bare.limit(COUNT_CAP + 1).correlate(None).subquery()
    return select(func.count()).select_from(capped).scalar_subquery()


def outline_of(place: Place, keys: Sequence[SortKey]) -> Place:
    """The place without the values that may be parameters. NULL and constant keys make other statements."""
    values = [
        value if value is None or key.is_constant else _PARAMETER
        for key, value in zip(keys, place.values, strict=True)
    ]
    return replace(place, values=tuple(values))


def matching_rows(listing: Listing) -> Select[*tuple[Any, ...]]:
    return listing.statement if listing.matching is None else listing.matching
