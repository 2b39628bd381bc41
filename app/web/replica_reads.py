"""Which requests read from a standby (`DATABASE_REPLICA_URL`): those where what was right a second ago is right.

Never a version: neither an ETag that an `If-Match` is compared with, nor that of figures, which would find stale figures in
the cache and show them as current. A caller who has just changed something reads from the primary for as long as the
standby may not have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import ceil
from uuid import UUID

from flask import Response
from psycopg2.errors import QueryCanceled
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError

from app.adapters import redis
from app.db import replica
from app.db.session import db
from app.settings import settings
from app.web.application import Application, Noted, StoringRequest, current_request
from app.web.application import Response as Answer

Condition = Callable[[StoringRequest, UUID | None], bool]
Reader = Callable[[UUID | None, Callable[[], Response]], Response]


def _of_visitors(_request: StoringRequest, caller_id: UUID | None) -> bool:
    return caller_id is None


def _as_sheet(request: StoringRequest, _caller_id: UUID | None) -> bool:
    return request.args.get("format", "").strip().lower() in {"csv", "ndjson"}


def _always(_request: StoringRequest, _caller_id: UUID | None) -> bool:
    return True


OPERATIONS: Mapping[str, Condition] = {
    # The catalogue, and what is searched in it, for visitors without a token.
    "list_courses": _of_visitors,
    "list_categories": _of_visitors,
    "list_course_reviews": _of_visitors,
    "list_reviews": _of_visitors,
    # Exports.
    "list_roster": _as_sheet,
    "list_assignment_items": _as_sheet,
    # It reads every row, and compares counters with rows of the same moment.
    "verify_counters": _always,
}
"""By operation: which of its requests."""

_SAFE = {"GET", "HEAD", "OPTIONS"}
_WROTE = "rollcall:wrote:{}"


def init_app(app: Application) -> None:
    with app.app_context():
        is_configured = replica.configured() is not None
    if is_configured:
        app.after(_note_write)


def reader_of(operation: str) -> Reader:
    """How the requests of this operation read."""
    may_be_old = OPERATIONS.get(operation)
    return _from_primary if may_be_old is None else partial(_read, may_be_old)


def _from_primary(_caller_id: UUID | None, respond: Callable[[], Response]) -> Response:
    return respond()


def _read(may_be_old: Condition, caller_id: UUID | None, respond: Callable[[], Response]) -> Response:
    """From the standby where that is right, and else from the primary."""
    if replica.configured() is None or not may_be_old(current_request(), caller_id):
        return respond()
    if _has_just_written(caller_id) or not replica.choose():
        return respond()
    try:
        return respond()
    except (OperationalError, InterfaceError) as error:
        if isinstance(error.orig, QueryCanceled):
            raise
        # It is away, or replaying the log has ended the statement.
        replica.give_up()
        db.session.close()
        return respond()


def _has_just_written(caller_id: UUID | None) -> bool:
    if caller_id is None:
        return False
    try:
        return bool(redis.connection().exists(_WROTE.format(caller_id)))
    except RedisError:
        return True


def _note_write(response: Answer, request: StoringRequest, noted: Noted) -> Answer:
    caller_id = noted.get("caller_id")
    if caller_id and request.method not in _SAFE and response.status_code < 400:
        try:
            redis.connection().set(_WROTE.format(caller_id), 1, ex=_seconds())
        except RedisError:
            # Until it is back, every caller reads from the primary.
            return response
    return response


def _seconds() -> int:
    return ceil(settings().replica_lag_seconds + replica.FRESH_SECONDS) + 1
