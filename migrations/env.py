"""How migrations run: one at a time, quick to give up on locks and patient in trying again, each in a transaction of its own."""

import time
from collections.abc import Iterator

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from app.db import advisory_locks
from app.db.session import connect_directly, db
from app.models import User
from migrations import online

LOCK = 7_263_014_001
"""The advisory lock that keeps two deployments from migrating at once."""

SECONDS_BETWEEN_LOOKS = 0.5

metadata = User.metadata


def run_online() -> None:
    attached: Connection | None = context.config.attributes.get("connection")
    if attached is not None:
        _run(attached)
        return
    connect_directly()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        advisory_locks.check(connection)
    with db.engine.connect() as connection:
        _run(connection)


def _run(connection: Connection) -> None:
    _wait_for_other_deployments(connection)
    connection.execute(text(f"SET lock_timeout = '{online.LOCK_TIMEOUT}'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    connection.commit()
    try:
        _configure(connection)
        for_command = context.get_context().opts["fn"]
        left: list | None = None

        def remaining(heads: tuple, migration_context: object) -> Iterator:
            """Migrations that are not done: each is the first until its transaction is committed."""
            nonlocal left
            if left is None:
                left = list(for_command(heads, migration_context))
            while left:
                yield left[0]
                del left[0]

        def attempt() -> None:
            connection.rollback()
            _configure(connection, fn=remaining)
            with context.begin_transaction():
                context.run_migrations()

        online.patiently(
            attempt, connection, lambda: f"The {left[0].short_log}" if left else "Reading the version"
        )
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        connection.execute(text("RESET ALL"))
        connection.commit()


def _wait_for_other_deployments(connection: Connection) -> None:
    """No transaction of ours is open meanwhile: the other one may be creating an index, for which it waits for all."""
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        connection.rollback()
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _configure(connection: Connection, **options: object) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=False,
        **options,
    )


if context.is_offline_mode():
    context.configure(
        url=current_app.config["SQLALCHEMY_DATABASE_URI"], target_metadata=metadata, literal_binds=True
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    run_online()
