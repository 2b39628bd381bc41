"""Changes of a schema that is in use: the locks that stop readers or writers are short, and given up rather than waited for.

A change expands (nullable columns, constraints NOT VALID), fills rows in batches that are committed one by one, and
contracts (constraints that are already proven). Everything outside the last transaction can be repeated: a migration that
found no lock begins again from its start.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from alembic import op
from psycopg2.errors import LockNotAvailable
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

log = logging.getLogger("alembic.runtime.migration")

LOCK_TIMEOUT = "200ms"
"""Whoever comes behind a statement that waits for its lock waits as long."""

TRIES = 60
SECONDS_BETWEEN_TRIES = 1.0

BATCH = 2_000

# Transactions of others that may hold the lock; those of a role without pg_read_all_stats show little more than their process.
_OLDEST = text("""
    SELECT concat_ws(' ', 'process', pid, application_name, state, 'since', date_trunc('second', xact_start))
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '1s'
    ORDER BY xact_start LIMIT 5
""")


class NoLock(RuntimeError):
    """The message says who may hold it, and what to do."""


def patiently(attempt: Callable[[], object], connection: Connection, name_of: Callable[[], str]) -> None:
    """Repeat what finds no lock in time, with pauses in which others go on.

    :param name_of: what is being tried now; its tries are counted from its first one
    :raises NoLock: after TRIES tries
    """
    tries, last = 0, ""
    while True:
        try:
            attempt()
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            name = name_of()
            tries, last = (tries + 1 if name == last else 1), name
            if tries == TRIES:
                raise NoLock(_explained(connection, name)) from error
            log.info("%s found no lock within %s (try %d of %d).", name, LOCK_TIMEOUT, tries, TRIES)
            time.sleep(SECONDS_BETWEEN_TRIES)
        else:
            return


def _explained(connection: Connection, name: str) -> str:
    oldest = "; ".join(connection.scalars(_OLDEST)) or "none older than a second"
    return (
        f"{name} found no lock within {LOCK_TIMEOUT} in {TRIES} tries. Wait for the long transactions, or end them with"
        f" pg_terminate_backend(process), and run the migrations again: what is done stays done. Transactions: {oldest}."
    )


@contextmanager
def statement_by_statement() -> Iterator[None]:
    """Commit each statement within on its own; what was done before in this migration is committed first."""
    with op.get_context().autocommit_block():
        yield


@contextmanager
def _waiting() -> Iterator[None]:
    """Wait for locks that stop neither readers nor writers, of this migration's statements within."""
    op.execute("SET lock_timeout = 0")
    try:
        yield
    finally:
        op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def add_constraint(table: str, name: str, condition: str) -> None:
    """For new rows; `validate` reads the others."""
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} {condition} NOT VALID"
    )


def validate(table: str, *names: str) -> None:
    """Read every row for these constraints, beside readers and writers; statement by statement."""
    with _waiting():
        for name in names:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def create_index(definition: str, name: str) -> None:
    """Create an index beside readers and writers, statement by statement. What an interrupted try has left is replaced.

    :param definition: what follows the name: `ON table (columns) WHERE …`, with `UNIQUE` before `ON` for a unique one
    """
    unique = "UNIQUE " if definition.startswith("UNIQUE ") else ""
    found = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
    is_valid = op.get_bind().scalar(found, {"name": name})
    if is_valid:
        return
    with _waiting():
        if is_valid is False:
            op.execute(f"DROP INDEX CONCURRENTLY {name}")
        op.execute(f"CREATE {unique}INDEX CONCURRENTLY {name} {definition.removeprefix(unique)}")


def wait_for_table(table: str) -> None:
    """First in a transaction that will lock the table: no vacuum of it runs from here on.

    An automatic one gives way to a lock that waits for a second, which a lock that stops others must not.
    """
    op.execute("SET LOCAL lock_timeout = 0")
    op.execute(f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE")
    op.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")


def in_batches(rows: str, change: str, batch: int = BATCH) -> None:
    """Change these rows in transactions of so many, statement by statement.

    :param rows: a query of their keys, in order, named `id`, which leaves out what has been changed already
    :param change: a statement that reads `batch (place, id)` and changes the rows that are in it
    """
    connection = op.get_bind()
    op.execute("DROP TABLE IF EXISTS pg_temp.batches")
    op.execute(
        f"CREATE TEMPORARY TABLE batches AS SELECT row_number() OVER () AS place, id FROM ({rows}) AS rows"
    )
    op.execute("CREATE INDEX ON batches (place)")
    op.execute("ANALYZE batches")
    last = connection.scalar(text("SELECT coalesce(max(place), 0) FROM batches"))
    statement = text(
        f"WITH batch AS MATERIALIZED (SELECT place, id FROM batches WHERE place BETWEEN :first AND :last) {change}"
    )
    for first in range(1, last + 1, batch):
        bounds = {"first": first, "last": first + batch - 1}
        patiently(partial(connection.execute, statement, bounds), connection, lambda: "A batch of rows")
    op.execute("DROP TABLE batches")
