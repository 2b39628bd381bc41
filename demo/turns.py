"""Loading the demo and resetting the database take turns, by advisory locks.

A load writes for a minute, course by course. A reset is wanted at once, so it ends a load: it terminates the connection
that writes, and the load finds other demo users than it began with.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.db.session import db, transaction
from app.models.user import User
from demo.people import ADMIN

LOADING = 727_002_001
"""The key of the lock that each transaction of a load holds; any number that no other lock here uses."""

RESETTING = 727_002_002
"""The key of the lock that a reset holds from its first statement to its last."""

_END_LOAD = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND classid = 0 AND objid = :loading AND pid <> pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class DemoWasResetError(Exception):
    """The database was reset while the demo was being loaded."""


class Load:
    """One load of the demo, from now on."""

    def __init__(self) -> None:
        with transaction():
            self._begun = _age()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that no reset comes between.

        :raises DemoWasResetError: one has come before it
        """
        with writing() as session:
            if _age() != self._begun:
                raise DemoWasResetError
            yield session


@contextmanager
def writing() -> Iterator[Session]:
    """A transaction that writes demo data, one at a time."""
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(LOADING)))
        yield session


@contextmanager
def reset() -> Iterator[None]:
    """One reset at a time; a load that is under way is ended."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Others may be ahead, each for some seconds.
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(select(func.pg_advisory_lock(RESETTING)))
        try:
            connection.execute(_END_LOAD, {"loading": LOADING})
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(RESETTING)))
            connection.execute(text("RESET statement_timeout"))


def _age() -> datetime | None:
    """When the demo's admin was made; another moment after a reset."""
    return db.session.scalar(select(User.created_at).where(User.has_email(ADMIN.email)))
