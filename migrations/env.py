"""How migrations run: one at a time, quick to give up on locks, and each in a transaction of its own."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from app.db import advisory_locks
from app.db.session import connect_directly, db
from app.models import User

LOCK = 7_263_014_001
"""The advisory lock that keeps two deployments from migrating at once."""

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
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            transaction_per_migration=True,
            compare_type=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        connection.execute(text("RESET ALL"))
        connection.commit()


if context.is_offline_mode():
    context.configure(
        url=current_app.config["SQLALCHEMY_DATABASE_URI"], target_metadata=metadata, literal_binds=True
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    run_online()
