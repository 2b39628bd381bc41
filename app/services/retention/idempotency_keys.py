"""Stored idempotency keys, with the response of the first request.

The key is inserted first, in the transaction of the request, so that of two concurrent requests with one key the second
waits: for the stored response, or for its own turn if the first is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg2.errorcodes import LOCK_NOT_AVAILABLE
from sqlalchemy import ColumnElement, and_, func, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from app.db.session import db, limit_lock_wait
from app.errors.requests import IdempotencyKeyReused, RequestInFlight
from app.models.caller import Actor
from app.models.idempotency_key import IdempotencyKey

KEPT = timedelta(hours=24)
TWIN_WAIT_SECONDS = 5
_FAST = 1
"""The compression level: a report about 10,000 users takes some hundredths of a second."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def take(user: Actor, operation: str, key: str, *, request_hash: bytes) -> Answer | None:
    """The stored response of this request; if there is none, insert the key and return None."""
    request = {"user_id": user.id, "operation": operation, "key": key, "request_hash": request_hash}
    taken = insert(IdempotencyKey).values(request)
    taken = taken.on_conflict_do_update(
        constraint=IdempotencyKey.ONE_PER_REQUEST,
        where=IdempotencyKey.created_at < func.now() - KEPT,
        set_={
            "request_hash": taken.excluded.request_hash,
            "status": null(),
            "headers": null(),
            "answer": null(),
            "created_at": func.now(),
        },
    )
    if _execute(taken.returning(IdempotencyKey.key)) is not None:
        return None
    # A separate statement: its snapshot contains what the concurrent request committed while this one waited.
    stored = db.session.execute(
        select(
            IdempotencyKey.request_hash, IdempotencyKey.status, IdempotencyKey.headers, IdempotencyKey.answer
        ).where(_named(user, operation, key))
    ).one()
    if stored.request_hash != request_hash:
        raise IdempotencyKeyReused
    return Answer(stored.status, stored.headers, zlib.decompress(stored.answer))


def _execute(taken: Any) -> Any:
    """Insert the key. While a twin holds it, wait for a limited time: its answer may take longer than a client waits."""
    limit_lock_wait(timedelta(seconds=TWIN_WAIT_SECONDS))
    try:
        first = db.session.execute(taken).first()
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) != LOCK_NOT_AVAILABLE:
            raise
        raise RequestInFlight from error
    limit_lock_wait(None)
    return first


def keep(user: Actor, operation: str, key: str, answer: Answer) -> None:
    """Store the response, in the transaction of its effects."""
    kept: dict[str, Any] = {
        "status": answer.status,
        "headers": dict(answer.headers),
        "answer": zlib.compress(answer.body, _FAST),
    }
    db.session.execute(
        update(IdempotencyKey)
        .where(_named(user, operation, key))
        .values(kept)
        .execution_options(synchronize_session=False)
    )


def _named(user: Actor, operation: str, key: str) -> ColumnElement[bool]:
    return and_(
        IdempotencyKey.user_id == user.id, IdempotencyKey.operation == operation, IdempotencyKey.key == key
    )
