"""Connections of psycopg2 whose statements are spans, where traces are on.

Here every statement passes, whether SQLAlchemy or a prepared statement runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg2.extensions import connection, cursor
from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from app.observability.spans import Spans


def trace(engine: Engine, spans: Spans) -> None:
    """Make every further connection of this engine a traced one."""

    class Cursor(cursor):
        def execute(self, query: Any, vars: Any = None) -> None:
            with spans.statement(query):
                super().execute(query, vars)

    class Connection(connection):
        def commit(self) -> None:
            with spans.statement("COMMIT"):
                super().commit()

    def prepare(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
        parameters |= {"connection_factory": Connection, "cursor_factory": Cursor}

    event.listen(engine, "do_connect", prepare)
