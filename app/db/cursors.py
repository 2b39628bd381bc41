"""Cursors of psycopg2 for statements that are built already, on pooled connections.

Inside of a transaction it is the transaction's connection. Otherwise a connection in autocommit mode is taken for one
statement: it sends no BEGIN and no ROLLBACK, which are two round trips.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.errors import DuplicatePreparedStatement, FeatureNotSupported
from psycopg2.extensions import UNICODE, new_type, register_type
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import PoolProxiedConnection

from app.db import pool, replica
from app.db.session import db, is_in_transaction

_PREPARED = "rollcall-prepared"
"""The key of the prepared statements among what the pool notes about a connection."""

_IS_MANY = False

UUID_OID = 2950
_ID_AS_TEXT = new_type((UUID_OID,), "ID_AS_TEXT", UNICODE)
"""psycopg2 makes a `uuid.UUID` of each id, in Python. A list of twenty has sixty of them, which become text again."""


class Opened:
    """A cursor, whose ids are text, and the names of the statements that are prepared on its connection.

    The engine's observers of statements are called with neither connection nor context.
    """

    def __init__(self, engine: Engine, connection: PoolProxiedConnection) -> None:
        self._engine, self._connection = engine, connection
        cursor: Any = connection.cursor()
        register_type(_ID_AS_TEXT, cursor)
        self._cursor = cursor
        self.prepared: set[str] = connection.info.setdefault(_PREPARED, set())

    def fetch(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> list[tuple[Any, ...]]:
        """Execute these, in one message to PostgreSQL, and return the rows of the last one."""
        for observe in self._engine.dispatch.before_cursor_execute:
            for sql, given in statements:
                observe(None, self._cursor, sql, given, None, _IS_MANY)
        if len(statements) == 1:
            self.run(*statements[0])
        else:
            self.run(
                "; ".join(sql for sql, _ in statements), [each for _, given in statements for each in given]
            )
        for observe in self._engine.dispatch.after_cursor_execute:
            for sql, given in statements:
                observe(None, self._cursor, sql, given, None, _IS_MANY)
        return self._cursor.fetchall()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        try:
            self._cursor.execute(sql, parameters or None)
        except psycopg2.Error as error:
            raise self._translated(error, sql) from error

    def column_types(self) -> list[int]:
        """The OIDs of the types of the columns."""
        return [column.type_code for column in self._cursor.description or ()]

    def _translated(self, error: Any, sql: str) -> Exception:
        """The error as SQLAlchemy raises it. A connection that is of no further use leaves the pool."""
        if isinstance(error, FeatureNotSupported | DuplicatePreparedStatement):
            # A migration changed the type of a column, or a signal came between preparing and noting it: what this
            # connection has prepared is of no use.
            self._connection.invalidate(error)
            return OperationalError(sql, None, error)
        is_lost = self._engine.dialect.is_disconnect(error, self._connection.dbapi_connection, self._cursor)
        if is_lost:
            self._connection.invalidate(error)
        return _translated(error, self._engine, sql, is_lost=is_lost)


@contextmanager
def opened(*, keeps: bool = False) -> Iterator[Opened]:
    """A cursor on the connection of the open transaction, or else on one in autocommit mode.

    :param keeps: whether the latter is kept for the next statement of the request
    """
    engine = replica.chosen() or db.engine
    if is_in_transaction():
        db.session.flush()
        connection: Connection = db.session.connection()
        yield Opened(engine, connection.connection)
        return
    with alone(engine, keeps=keeps) as found:
        yield found


@contextmanager
def alone(engine: Engine, *, keeps: bool = False) -> Iterator[Opened]:
    """A cursor on a connection in autocommit mode, whatever transaction is open: each message is a transaction."""
    pooled = pool.take_kept() or _taken(engine)
    is_kept = False
    try:
        pooled.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        yield Opened(engine, pooled)
        is_kept = keeps
    finally:
        if is_kept:
            pool.keep(pooled)
        else:
            pool.give_back(pooled)


def _taken(engine: Engine) -> PoolProxiedConnection:
    """A connection of the pool. SQLAlchemy translates the errors of connecting only for connections of its own."""
    try:
        return engine.raw_connection()
    except psycopg2.Error as error:
        raise _translated(error, engine, "") from error


def _translated(error: Any, engine: Engine, sql: str, *, is_lost: bool = False) -> Exception:
    return DBAPIError.instance(
        sql,
        None,
        error,
        psycopg2.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=engine.dialect,
    )
