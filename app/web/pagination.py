"""Pagination over HTTP: links, signed cursors for keyset pagination, and the whole list streamed as CSV or NDJSON."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Response, copy_current_request_context, current_app, jsonify, request
from itsdangerous import BadData, URLSafeSerializer

from app.adapters import csv_writer
from app.db.keyset import Place
from app.db.listings import Listing
from app.db.pages import DEEPEST_ROW, fetch_page, in_chunks
from app.db.session import release
from app.schemas.serialization import Serializer
from app.settings import settings
from app.web import request_values
from app.web.problems import invalid

PAGING = ("page", "page_size", "after")

_OF_PLACE = tuple(each.name for each in fields(Place))

ROWS_PER_CHUNK = 1_000
"""Rows of a CSV that are read, and sent, at once."""


def page_of(
    listing: Listing,
    serializer: Serializer,
    message: str,
    *,
    page: int,
    page_size: int,
    after: str | None,
    summary: Serializer | None = None,
) -> Response:
    number = page if after is None or "page" in request_values.query() else None
    found = fetch_page(listing, page=page, size=page_size, place=None if after is None else _place_in(after))
    following = _turn(found.after, number and number + 1, page_size)
    next_link = _link(_filters(), page=1, page_size=page_size) if found.is_before_all else following
    previous = _turn(found.before, number and number - 1, page_size)
    response = jsonify(
        success=True,
        message=message,
        data=serializer.many(found.rows),
        count=found.count,
        count_is_exact=found.count_is_exact,
        next=next_link,
        previous=previous,
        page=number,
        page_size=page_size,
        **(summary.one(listing.summary) if summary else {}),
    )
    relations = {"next": next_link, "prev": previous}
    header = ", ".join(f'<{target}>; rel="{name}"' for name, target in relations.items() if target)
    if header:
        response.headers["Link"] = header
    return response


def _turn(place: Place | None, number: int | None, size: int) -> str | None:
    """The link to the page at this place, which determines its rows; the number is only a label, as far as pages have one."""
    if place is None:
        return None
    is_numbered = number and (number - 1) * size < DEEPEST_ROW
    label = {"page": number} if is_numbered else {}
    cursor = _cursor(settings().secret_key, request.path, tuple(_filters().items()), place)
    return _link({}, **label, after=cursor, page_size=size)


@lru_cache(maxsize=1_024)
def _cursor(secret_key: str, path: str, query: tuple[tuple[str, str], ...], place: Place) -> str:
    """Signed once in each process: the first pages of lists are asked for again and again."""
    held = {"path": path, "query": dict(query), **{name: getattr(place, name) for name in _OF_PLACE}}
    signed: str = _cursors(secret_key).dumps(held)
    return signed


def _link(filters: Mapping[str, str], **paging: str | int | None) -> str:
    return f"{settings().public_url}{request.path}?{urlencode({**filters, **paging})}"


def _place_in(after: str) -> Place:
    cursor = read_cursor(after)
    return Place(**{**{name: cursor[name] for name in _OF_PLACE}, "values": tuple(cursor["values"])})


def _filters() -> dict[str, str]:
    """The query without its paging; behind a cursor, the query that the cursor holds."""
    given = request_values.query()
    if "after" in given:
        stored: dict[str, str] = read_cursor(given["after"])["query"]
        return stored
    return {name: value for name, value in given.items() if name not in PAGING}


@lru_cache(maxsize=4)
def _cursors(secret_key: str) -> URLSafeSerializer:
    """The number in the salt goes up when a key changes its meaning: older cursors are refused, not misread."""
    return URLSafeSerializer(secret_key, salt="page-cursor-5")


def read_cursor(text: str) -> dict[str, Any]:
    try:
        cursor: dict[str, Any] = _cursors(settings().secret_key).loads(text)
    except BadData as error:
        raise invalid({"after": ["This cursor is not valid: follow a `next` or `previous` link."]}) from error
    if cursor["path"] != request.path:
        raise invalid({"after": ["This cursor belongs to another list."]})
    return cursor


def csv_of(listing: Listing, serializer: Serializer, columns: Sequence[str], name: str) -> Response:
    """The whole list as CSV, streamed in chunks of rows."""
    return _streamed(_pieces(listing, serializer, _CsvForm(columns)), "text/csv", f"{_file_of(name)}.csv")


def ndjson_of(listing: Listing, serializer: Serializer, columns: Sequence[str], name: str) -> Response:
    """The whole list as NDJSON, an object a line with the columns of the CSV."""
    pieces = _pieces(listing, serializer, _NdjsonForm(columns))
    return _streamed(pieces, "application/x-ndjson", f"{_file_of(name)}.ndjson")


def _streamed(pieces: Generator[str], mimetype: str, filename: str) -> Response:
    """The client decides how fast it reads, so no database connection is held meanwhile.

    No context stays pushed between two chunks either: a generator that a client never reads to the end would leave it to
    the next request.
    """

    @copy_current_request_context
    def next_piece() -> str | None:
        return next(pieces, None)

    response = Response(iter(next_piece, None), mimetype=mimetype)
    response.call_on_close(pieces.close)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _file_of(name: str) -> str:
    return name.removeprefix("list_")


class _CsvForm:
    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns
        self.header = csv_writer.header(columns)

    def line(self, row: Mapping[str, Any]) -> str:
        return csv_writer.line(row, self.columns)


class _NdjsonForm:
    header = ""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns

    def line(self, row: Mapping[str, Any]) -> str:
        values = {column.replace(".", "_"): csv_writer.value_of(row, column) for column in self.columns}
        return current_app.json.dumps(values) + "\n"


def _pieces(listing: Listing, serializer: Serializer, form: _CsvForm | _NdjsonForm) -> Generator[str]:
    text = form.header
    listing = replace(listing, shown=listing.shown_in_sheet or listing.shown)
    for rows in in_chunks(listing, ROWS_PER_CHUNK):
        text += "".join(form.line(row) for row in serializer.many(rows))
        release()
        yield text
        text = ""
