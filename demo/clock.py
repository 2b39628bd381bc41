"""A clock for tests of what comes due: instead of the time going on, everything that is stored moves into the past."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Date, DateTime, Table, cast, update

from app.db.session import Model, db, long_transaction


def advance(days: int) -> None:
    """Move every stored time and day back by so many days: deadlines, expiries, retries, and the history."""
    with long_transaction():
        for table in Model.metadata.sorted_tables:
            _move_back(table, timedelta(days=days))


def _move_back(table: Table, by: timedelta) -> None:
    moved = {
        column.name: column - by if isinstance(column.type, DateTime) else cast(column - by, Date)
        for column in table.columns
        if isinstance(column.type, (DateTime, Date))
    }
    if moved:
        db.session.execute(update(table).values(moved))
