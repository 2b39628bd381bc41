"""Empty the tables that a test wrote to."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, create_engine, event, text

from app.db.session import Model

# Dead rows are read by each later look at a table: from this size on, its file is given up.
LARGE_BYTES = 256 * 1024

_WRITTEN = " UNION ALL ".join(
    f"SELECT '{table.name}', pg_relation_size('{table.name}') WHERE EXISTS (SELECT FROM {table.name})"
    for table in Model.metadata.sorted_tables
)


def connected(database_url: str) -> Engine:
    """An engine that commits each call, for `empty`: it plans the look at all tables once, as that takes longest."""
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")

    @event.listens_for(engine, "connect")
    def prepare(connection, _record):
        with connection.cursor() as cursor:
            cursor.execute(f"PREPARE written AS {_WRITTEN}")
            cursor.execute("PREPARE superuser AS SELECT rolsuper FROM pg_roles WHERE rolname = current_user")

    return engine


def empty(connection: Connection) -> None:
    """Delete the rows of small tables, and truncate large ones.

    TRUNCATE makes new files for a table, its indexes and all tables that refer to it, which takes longer than most
    tests. Triggers need not run, as no row stays, but only a superuser may switch them off; others truncate.
    """
    sizes = dict(connection.execute(text("EXECUTE written")).all())
    superuser = connection.scalar(text("EXECUTE superuser"))
    large = [name for name, size in sizes.items() if size >= LARGE_BYTES or not superuser]
    if large:
        connection.execute(text(f"TRUNCATE {', '.join(large)} CASCADE"))
    small = [f"DELETE FROM {name};" for name in sizes if name not in large]
    if small:
        # Sent as one string, they are one transaction.
        connection.execute(text(f"SET LOCAL session_replication_role = replica; {' '.join(small)}"))
