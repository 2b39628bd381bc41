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
        # Triggers count into other tables, which are put back like the rest.
        self._back = {
            name: f"DELETE FROM {name}; INSERT INTO {name} ({columns[name]}) SELECT {columns[name]} FROM pristine.{name}"
            for name in TABLES
        }
        self.pristine = self.digest()

    def digest(self):
        """A fingerprint of every table."""
        return dict(self.connection.execute(text(_DIGEST)).all())

    def changed(self):
        """The tables that differ from the snapshot."""
        return {name for name, digest in self.digest().items() if digest != self.pristine[name]}

    def restore(self):
        back = [self._back[name] for name in self.changed()]
        self._run("; ".join(["BEGIN", "SET LOCAL session_replication_role = replica", *back, "COMMIT"]))

    def drop(self):
        self._run("DROP SCHEMA pristine CASCADE")
        self.connection.close()
        self.engine.dispose()

    def _run(self, *statements):
        for statement in statements:
            self.connection.execute(text(statement))
