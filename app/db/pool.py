"""Pooled connections: their checks, and the one that a request keeps from its first statement to its second.

One that PostgreSQL has closed is replaced before a request uses it.

A server that stops or ends a connection sends something first, which makes the socket readable: that is seen without a
round trip. A connection that was idle for longer is pinged, because a network may have dropped it silently.
"""

from __future__ import annotations

from select import POLLIN, poll
from time import monotonic
from typing import Any

from flask import g
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

IDLE_SECONDS = 10
"""After so long a connection is pinged whatever its socket says."""

_USED_AT = "rollcall-used-at"
_KEPT = "kept_connection"


def watch(engine: Engine) -> None:
    """Check every connection of this engine when it leaves the pool."""

    def check(connection: Any, entry: ConnectionPoolEntry, _fairy: Any) -> None:
        if monotonic() - entry.info[_USED_AT] < IDLE_SECONDS and not _has_received(connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError(str(error)) from error

    event.listen(engine, "connect", _note_use)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", check)


def keep(connection: PoolProxiedConnection) -> None:
    """Keep a connection in autocommit mode for the next statement of this request: the pool costs more than a short one."""
    setattr(g, _KEPT, connection)


def take_kept() -> PoolProxiedConnection | None:
    """The connection that is kept, if there is one; from now on it is not."""
    connection: PoolProxiedConnection | None = g.pop(_KEPT, None)
    return connection


def release_kept(*_: Any) -> None:
    """Give it back, where the request ends or its session is about to take one: a request never holds two."""
    connection = take_kept()
    if connection is not None:
        give_back(connection)


def give_back(connection: PoolProxiedConnection) -> None:
    """To the pool, whose connections are in no autocommit mode."""
    driver: Any = connection.dbapi_connection
    try:
        if driver is not None and not driver.closed:
            driver.autocommit = False
    finally:
        connection.close()


def _note_use(_connection: Any, entry: ConnectionPoolEntry) -> None:
    entry.info[_USED_AT] = monotonic()


def _has_received(connection: Any) -> bool:
    """Whether something has arrived that no statement asked for: an end of the connection, or a notice."""
    if connection.closed:
        return True
    watcher = poll()
    watcher.register(connection.fileno(), POLLIN)
    return bool(watcher.poll(0))
