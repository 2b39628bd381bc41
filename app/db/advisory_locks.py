"""Advisory locks of a session: where they can be trusted.

A pooler that changes connections between transactions (PgBouncer) passes such a lock on with the connection,
so two processes believe that they hold it. A standby grants it beside the one of its primary.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

SWEEP = 727_001_001
"""The key of the lock of the process that sweeps; any number that no other lock here uses."""

_TRIES = 3

_BACKEND = text("SELECT pg_backend_pid()")
_STANDBY = text("SELECT pg_is_in_recovery()")
_HELD = text(
    "SELECT NOT pg_is_in_recovery() AND EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND pid = pg_backend_pid() AND objsubid = 1 AND classid = :high AND objid = :low)"
)

_TAKEN = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = :high AND objid = :low)"
)


class NoSessionOfOurOwn(RuntimeError):
    """A lock of this connection would exclude no other process; the message says what to change."""


def check(connection: Connection) -> None:
    """Refuse to rely on locks of this connection, which is in autocommit, if it is pooled or to a standby.

    Whether it is pooled shows beside a second one, of the same engine, in a transaction: a pooler that is free gives that
    one the backend that the first has just used, or the first another.

    :raises NoSessionOfOurOwn: the reason, and the setting to change
    """
    for _ in range(_TRIES):
        own = connection.scalar(_BACKEND)
        if _is_shared(connection.engine, connection, own):
            raise NoSessionOfOurOwn(
                "The database connection goes through a pooler such as PgBouncer."
                " Set DATABASE_DIRECT_URL to the URL of PostgreSQL itself."
            )
    if connection.scalar(_STANDBY):
        raise NoSessionOfOurOwn(
            "The database is a standby. The URL must lead to the primary: target_session_attrs=read-write."
        )


def is_held(connection: Connection, key: int) -> bool:
    """Whether this connection still holds the session lock with this key, on a primary."""
    return bool(connection.scalar(_HELD, {"high": key >> 32, "low": key & 0xFFFF_FFFF}))


def is_taken(connection: Connection, key: int) -> bool:
    """Whether any session of this database holds the session lock with this key."""
    return bool(connection.scalar(_TAKEN, {"high": key >> 32, "low": key & 0xFFFF_FFFF}))


def _is_shared(engine: Engine, connection: Connection, own: object) -> bool:
    with engine.connect() as beside:
        return beside.scalar(_BACKEND) == own or connection.scalar(_BACKEND) != own
