"""A snapshot of the whole database: what has changed since, and how to restore it."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from app.db.session import Model

TABLES = [table.name for table in Model.metadata.sorted_tables]
_DIGEST = " UNION ALL ".join(
    f"SELECT '{name}', md5(coalesce(string_agg(row::text, E'\\n' ORDER BY row::text), '')) FROM {name} row"
    for name in TABLES
)
_COLUMNS = """
    SELECT table_name, string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
    WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY table_name
"""


class Snapshot:
    """A copy of every table, in a schema of its own."""

    def __init__(self, database_url):
        self.engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
        self.connection = self.engine.connect()
        columns = dict(self.connection.execute(text(_COLUMNS)).all())
        self._run("DROP SCHEMA IF EXISTS pristine CASCADE", "CREATE SCHEMA pristine")
        self._run(*(f"CREATE TABLE pristine.{name} AS SELECT {columns[name]} FROM {name}" for name in TABLES))
        # Triggers count into other tables; what they count is put back like the rest.
        quiet = [
            (f"ALTER TABLE {name} DISABLE TRIGGER USER", f"ALTER TABLE {name} ENABLE TRIGGER USER")
            for name in TABLES
        ]
        filling = [
            f"INSERT INTO {name} ({columns[name]}) SELECT {columns[name]} FROM pristine.{name}"
            for name in TABLES
        ]
        self._back = [
            "BEGIN",
            *(off for off, _ in quiet),
            *(f"DELETE FROM {name}" for name in reversed(TABLES)),
            *filling,
            *(on for _, on in quiet),
            "COMMIT",
        ]
        self.pristine = self.digest()

    def digest(self):
        """A fingerprint of every table."""
        return dict(self.connection.execute(text(_DIGEST)).all())

    def changed(self):
        """The tables that differ from the snapshot."""
        return {name for name, digest in self.digest().items() if digest != self.pristine[name]}

    def restore(self):
        self._run("; ".join(self._back))

    def drop(self):
        self._run("DROP SCHEMA pristine CASCADE")
        self.connection.close()
        self.engine.dispose()

    def _run(self, *statements):
        for statement in statements:
            self.connection.execute(text(statement))
