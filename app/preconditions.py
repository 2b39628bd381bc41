"""Versions of single resources over HTTP: `ETag`, `If-None-Match`, `If-Match`.

A version is a digest of what the caller reads, so that anything a reader could notice makes a new one. A write that
names a version is checked against a fresh reading in its own transaction, behind a lock on the resource: of two writers
who read the same version, one is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request

from app.db import lock_name
from app.errors import PreconditionFailed, PreconditionRequired
from app.settings import settings

View = Callable[..., Any]


def tag(response: Response) -> Response:
    """Name the version of what was read; answer 304 when the caller has it already."""
    if response.status_code != 200 or response.is_streamed:
        return response
    if "ETag" not in response.headers:
        response.add_etag()
    response.make_conditional(request)
    return response


def check(reader: View, path: dict[str, Any]) -> None:
    """Refuse a write to a resource that is not what the caller read. `reader` is the view behind GET on this path."""
    lock_name(request.path.rstrip("/"))
    if not request.headers.get("If-Match"):
        if settings().require_if_match:
            raise PreconditionRequired
        return
    current = current_app.make_response(reader(**path))
    current.add_etag()
    etag, _ = current.get_etag()
    if etag is None or not request.if_match.contains(etag):
        raise PreconditionFailed
