"""Versions of single resources over HTTP: `ETag`, `If-None-Match`, `If-Match`.

A tag has two parts: which edit the caller read, and a digest of all that was read. For readers both count, so that
whatever they could notice makes a new version. For writers the edit counts: somebody else's enrollment moves a counter
on the course's page and is no reason to refuse its instructor's change. What knows no edits (`updated_at`) has the
digest alone.

A write that names a version is checked against a fresh reading in its own transaction, behind a lock on the resource:
of two writers who read the same version, one is refused, also where one names it by id and the other by slug.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Response, current_app, g, request

from app.db import db, lock_name
from app.errors import PreconditionFailed, PreconditionRequired
from app.settings import settings

View = Callable[..., Any]

_PARTS = "."


def remember(members: Any) -> None:
    """Note which edit of a resource is being answered with."""
    g.edited_at = members.get("updated_at") if isinstance(members, dict) else None


def tag(response: Response) -> Response:
    """Name the version of what was read; answer 304 when the caller has it already."""
    if response.status_code != 200 or response.is_streamed:
        return response
    if "ETag" not in response.headers:
        response.set_etag(_version(response))
    response.make_conditional(request)
    return response


def check(reader: View, path: dict[str, Any], *, account_id: UUID) -> None:
    """Refuse a write to a resource that is not what the caller read. `reader` is the view behind GET on this path.

    A path that names nothing is about the account of the caller.
    """
    ids = [_as_id(part) or _read_id(reader, path) for part in path.values()]
    lock_name(" ".join(map(str, ids or [account_id])))
    if not request.headers.get("If-Match"):
        if settings().require_if_match:
            raise PreconditionRequired
        return
    # Who calls was read before the lock, and may be what is to be written.
    db.session.expire_all()
    current = _version(current_app.make_response(reader(**path)))
    offered = request.if_match
    edit = current.partition(_PARTS)[0]
    if not (offered.star_tag or edit in {each.partition(_PARTS)[0] for each in offered.as_set()}):
        raise PreconditionFailed


def _as_id(part: UUID | str) -> UUID | None:
    try:
        return UUID(str(part))
    except ValueError:
        return None


def _read_id(reader: View, path: dict[str, Any]) -> str:
    shown: str = current_app.make_response(reader(**path)).get_json()["data"]["id"]
    return shown


def _version(response: Response) -> str:
    edited_at = g.pop("edited_at", None)
    digest = _digest(response.get_data())
    return f"{_digest(edited_at.encode())}{_PARTS}{digest}" if edited_at else digest


def _digest(read: bytes) -> str:
    return sha256(read).hexdigest()[:24]
