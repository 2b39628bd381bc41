"""Versions of single resources over HTTP: `ETag`, `If-None-Match`, `If-Match`.

A tag has two parts: which edit the caller read, and a digest of all that was read. For readers both count, so that
whatever they could notice makes a new version. For writers the edit counts: somebody else's enrollment moves a counter
on the course's page and is no reason to refuse its instructor's change. What knows no edits (`updated_at`) has the
digest alone.

A write that names a version is held against a fresh reading, and then against the row that it changes: PostgreSQL
refuses when the row was edited in between, whoever did it and by whatever request (migrations 0022 and 0035). A write that names
none costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from flask import Response, current_app, g, request
from sqlalchemy.exc import DatabaseError

from app.db.session import ANOTHER_VERSION, db, expect_version
from app.errors.requests import PreconditionFailed, PreconditionRequired
from app.settings import settings
from app.web import request_values

View = Callable[..., Any]

_PARTS = "."
_DEMANDED = {"PUT", "PATCH", "DELETE"}
"""Where REQUIRE_IF_MATCH demands a version; actions heed one."""


def name(response: Response, shown: object, read: Mapping[str, Any]) -> None:
    """Name the version of a resource in the answer, to a read or to a write.

    :param read: what a read shows of it, and nothing beside
    """
    # The database dates an edit when it is written.
    db.session.flush()
    g.edited_at = getattr(shown, "updated_at", None)
    response.set_etag(_version(g.edited_at, msgspec.json.encode(read, enc_hook=str, order="sorted")))


def tag(response: Response) -> Response:
    """Name the version of what was read, if that has none yet; answer 304 when the caller has it already."""
    if response.status_code != 200 or response.is_streamed:
        return response
    if "ETag" not in response.headers:
        response.set_etag(_version(None, response.get_data()))
    response.make_conditional(request)
    return response


@contextmanager
def upheld(reader: View | None, path: dict[str, Any]) -> Iterator[None]:
    """Around the transaction of a write to what `reader` shows. It is called with the values of the path in their order."""
    g.precondition = None if reader is None else (reader, path)
    try:
        yield
    except DatabaseError as error:
        if getattr(error.orig, "pgcode", None) != ANOTHER_VERSION:
            raise
        raise PreconditionFailed from None


def check() -> None:
    """Refuse a write to a resource that is not what the caller read. After the body was found to be good."""
    precondition = g.pop("precondition", None)
    if precondition is None:
        return
    if request_values.header("If-Match") is None:
        if settings().require_if_match and request.method in _DEMANDED:
            raise PreconditionRequired
        return
    reader, path = precondition
    # Who calls was read when the request came in, and may be what is to be written.
    db.session.expire_all()
    response = current_app.make_response(reader(*path.values()))
    edited_at = g.pop("edited_at", None)
    current, _ = response.get_etag()
    offered = request.if_match
    if offered.star_tag:
        return
    if _edit_of(current or "") not in {_edit_of(each) for each in offered.as_set() if each}:
        raise PreconditionFailed
    if edited_at is not None:
        expect_version(response.get_json()["data"]["id"], edited_at)


def _edit_of(version: str) -> str:
    return version.partition(_PARTS)[0]


def _version(edited_at: datetime | None, read: bytes) -> str:
    digest = _digest(read)
    return f"{_digest(edited_at.isoformat().encode())}{_PARTS}{digest}" if edited_at else digest


def _digest(read: bytes) -> str:
    return sha256(read).hexdigest()[:24]
