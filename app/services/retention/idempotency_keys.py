"""Requests that are sent again: who named which, and the answer it got.

The key is taken first, in the transaction of the request, so that of two twins in flight the database lets one go on
and the other waits: for the answer, or for its own turn when the first is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, null, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.errors.requests import IdempotencyKeyReused
from app.models.idempotency_key import IdempotencyKey
from app.models.user import User

KEPT = timedelta(hours=24)
_FAST = 1
"""The level of compression: a report about 10,000 people in some hundredths of a second."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def take(user: User, operation: str, key: str, *, request_hash: bytes) -> Answer | None:
    """The answer that this request got, if it is known; else the key is taken for it."""
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
    if db.session.execute(taken.returning(IdempotencyKey.key)).first() is not None:
        return None
    # A statement of its own: its snapshot holds what the twin has committed while we waited.
    stored = db.session.execute(
        select(
            IdempotencyKey.request_hash, IdempotencyKey.status, IdempotencyKey.headers, IdempotencyKey.answer
        ).where(_named(user, operation, key))
    ).one()
    if stored.request_hash != request_hash:
        raise IdempotencyKeyReused
    return Answer(stored.status, stored.headers, zlib.decompress(stored.answer))


def keep(user: User, operation: str, key: str, answer: Answer) -> None:
    """Store the answer beside what it tells of."""
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


def _named(user: User, operation: str, key: str) -> ColumnElement[bool]:
    return and_(
        IdempotencyKey.user_id == user.id, IdempotencyKey.operation == operation, IdempotencyKey.key == key
    )
