"""A page of a list over HTTP: links, cursors that carry filters and ordering, and the whole list as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import marshmallow as ma
from flask import Response, jsonify, request, stream_with_context
from itsdangerous import BadData, URLSafeSerializer

from app import csv_out, sent
from app.db import release
from app.paging import DEEPEST_ROW, Listing, Page, fetch_page, in_chunks
from app.problems import invalid
from app.settings import settings

PAGING = ("page", "page_size", "after")

ROWS_PER_CHUNK = 1_000
"""Rows of a CSV that are read, and sent, at once."""


def page_of(
    listing: Listing,
    schema: ma.Schema,
    message: str,
    *,
    page: int,
    page_size: int,
    after: str | None,
    summary: ma.Schema | None = None,
) -> Response:
    cursor = None if after is None else read_cursor(after)["values"]
    found = fetch_page(listing, page=page, size=page_size, after=cursor)
    next_link = _next_link(found, page=None if after else page, size=page_size)
    previous = _link(page=page - 1, page_size=page_size) if after is None and page > 1 else None
    response = jsonify(
        success=True,
        message=message,
        data=schema.dump(found.rows, many=True),
        count=found.count,
        count_is_exact=found.count_is_exact,
        next=next_link,
        previous=previous,
        page=None if after else page,
        page_size=page_size,
        **(summary.dump(listing.summary) if summary else {}),
    )
    relations = {"next": next_link, "prev": previous}
    header = ", ".join(f'<{target}>; rel="{name}"' for name, target in relations.items() if target)
    if header:
        response.headers["Link"] = header
    return response


def _next_link(found: Page, *, page: int | None, size: int) -> str | None:
    if not found.has_next:
        return None
    if page is not None and page * size < DEEPEST_ROW:
        return _link(page=page + 1, page_size=size)
    stored = _filters()
    cursor = _cursors().dumps({"path": request.path, "query": stored, "values": found.cursor})
    return f"{settings().public_url}{request.path}?{urlencode({'after': cursor, 'page_size': size})}"


def _link(**paging: int) -> str:
    return f"{settings().public_url}{request.path}?{urlencode({**_filters(), **paging})}"


def _filters() -> dict[str, str]:
    """The query without its paging; behind a cursor, the query that the cursor holds."""
    given = sent.query()
    if "after" in given:
        stored: dict[str, str] = read_cursor(given["after"])["query"]
        return stored
    return {name: value for name, value in given.items() if name not in PAGING}


def _cursors() -> URLSafeSerializer:
    """The number goes up when a key changes its meaning: cursors of before are refused, not misread."""
    return URLSafeSerializer(settings().secret_key, salt="page-cursor-3")


def read_cursor(text: str) -> dict[str, Any]:
    try:
        cursor: dict[str, Any] = _cursors().loads(text)
    except BadData as problem:
        raise invalid({"after": ["Not a cursor of ours; follow a `next` link."]}) from problem
    if cursor["path"] != request.path:
        raise invalid({"after": ["This cursor belongs to another list."]})
    return cursor


def csv_of(listing: Listing, schema: ma.Schema, columns: Sequence[str], name: str) -> Response:
    """The whole list as CSV, a page of rows after the other.

    The client decides how fast it reads, so nothing of the database is held while it does.
    """

    def chunks() -> Iterator[str]:
        text = csv_out.header(columns)
        for rows in in_chunks(listing, ROWS_PER_CHUNK):
            text += "".join(csv_out.line(row, columns) for row in schema.dump(rows, many=True))
            release()
            yield text
            text = ""

    response = Response(stream_with_context(chunks()), mimetype="text/csv")
    filename = name.removeprefix("list_")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}.csv"'
    return response
