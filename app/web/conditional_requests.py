"""Conditional requests and optimistic locking: `ETag`, `If-None-Match`, `If-Match`.

An ETag has two parts: which edit the caller read, and a digest of the whole representation. For reads both count, so
that every visible change makes a new version. For writes only the edit counts: another user's enrollment changes a
counter on the course's page and is no reason to refuse the instructor's change. A resource without edits (`updated_at`)
has the digest only.

A write with `If-Match` is compared with a fresh read, and then with the row that it changes: PostgreSQL refuses the
write if any other request has edited the row in between (migrations 0022 and 0035). A write without it costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from time import time
from typing import Any

import msgspec
from flask import Response, current_app, g, request
from sqlalchemy.exc import DatabaseError
from werkzeug.http import http_date

from app.db.session import ANOTHER_VERSION, db, expect_version, is_in_transaction
from app.errors.requests import PreconditionFailed, PreconditionRequired
from app.settings import settings
from app.web import request_values
from app.web.application import current_request

View = Callable[..., Any]

_CONDITIONS = frozenset({"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"})
"""The headers that decide whether Werkzeug answers with 304 or 412."""

_PARTS = "."
_ENTITY_TAG = re.compile(r'"[^"]+"')
_NO_TAG = "If-Match must be an ETag that the API sent, in double quotes."
_DEMANDED = {"PUT", "PATCH", "DELETE"}
"""Where REQUIRE_IF_MATCH demands a version. Actions check one if it is sent."""


def set_etag(response: Response, shown: object, read: Mapping[str, Any]) -> None:
    """Set the ETag of a resource on the response to a read or a write.

    :param read: what a read shows of the resource, and nothing else
    """
    if is_in_transaction():
        # The database sets the time of an edit when it is written.
        db.session.flush()
    g.edited_at = getattr(shown, "updated_at", None)
    response.set_etag(_version(g.edited_at, msgspec.json.encode(read, enc_hook=str, order="sorted")))


def make_conditional(response: Response) -> Response:
    """Set the ETag of a read that has none yet; respond with 304 if the caller already has this version.

    `If-Match` of another version is refused, also by a read: it guards the parts of a download.
    """
    if response.status_code != 200 or response.is_streamed:
        return response
    if "ETag" not in response.headers:
        response.set_etag(_version(None, response.get_data()))
    current = current_request()
    if _CONDITIONS.isdisjoint(current.environ):
        # The rest of what Werkzeug does.
        response.headers.setdefault("Date", _date(int(time())))
    else:
        response.make_conditional(current)
        if response.status_code == PreconditionFailed.status:
            # Werkzeug keeps the body of the read.
            raise PreconditionFailed
    return response


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return http_date(second)


@contextmanager
def precondition_on(reader: View | None, path: dict[str, Any]) -> Iterator[None]:
    """Wrap the transaction of a write to what `reader` returns. It is called with the values of the path in their order."""
    g.precondition = None if reader is None else (reader, path)
    try:
        yield
    except DatabaseError as error:
        if getattr(error.orig, "pgcode", None) != ANOTHER_VERSION:
            raise
        raise PreconditionFailed from None


def check() -> None:
    """Refuse a write if the resource is no longer what the caller read. Runs after the body was validated."""
    precondition = g.pop("precondition", None)
    if precondition is None:
        return
    if request_values.header("If-Match") is None:
        if settings().require_if_match and request.method in _DEMANDED:
            raise PreconditionRequired
        return
    reader, path = precondition
    # The caller's row was read when the request came in, and may be the one to be written.
    db.session.expire_all()
    response = current_app.make_response(reader(*path.values()))
    edited_at = g.pop("edited_at", None)
    current, _ = response.get_etag()
    offered = request.if_match
    if offered.star_tag:
        return
    if _edit_of(current or "") not in {_edit_of(each) for each in offered.as_set() if each}:
        has_tag = _ENTITY_TAG.search(request.headers["If-Match"]) is not None
        raise PreconditionFailed(None if has_tag else _NO_TAG)
    if edited_at is not None:
        expect_version(response.get_json()["data"]["id"], edited_at)


def _edit_of(version: str) -> str:
    return version.partition(_PARTS)[0]


def _version(edited_at: datetime | None, read: bytes) -> str:
    digest = _digest(read)
    return f"{_digest(edited_at.isoformat().encode())}{_PARTS}{digest}" if edited_at else digest


def _digest(read: bytes) -> str:
    return sha256(read).hexdigest()[:24]
