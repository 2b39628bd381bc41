"""Ids that are the same in every demo, given to objects that the services made under ids of their own.

Foreign keys are checked at the end of a statement: one statement renames the rows and all that refers to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import CTE, Column, Table, Uuid, column, func, literal, or_, select, update, values

from app.db.session import Model, db


def give(ids: Mapping[UUID, UUID]) -> None:
    """Replace these ids, new by old, in every table. The session drops its copies of the rows."""
    db.session.flush()
    pairs = values(column("old", Uuid()), column("new", Uuid()), name="pairs").data(list(ids.items()))
    renamed = select(pairs).cte("ids")
    tables = [_renamed(table, renamed) for table in Model.metadata.sorted_tables if _columns(table)]
    db.session.execute(select(literal(1)).add_cte(*tables))
    db.session.expunge_all()


def _renamed(table: Table, ids: CTE) -> CTE:
    columns = _columns(table)
    changes = {}
    for each in columns:
        new = select(ids.c.new).where(ids.c.old == each).correlate(table)
        changes[each.name] = func.coalesce(new.scalar_subquery(), each)
    meant = or_(*(each.in_(select(ids.c.old)) for each in columns))
    return update(table).where(meant).values(changes).returning(literal(1)).cte(f"renamed_{table.name}")


def _columns(table: Table) -> list[Column[UUID]]:
    """The columns that hold an id, whether or not a foreign key says so."""
    return [each for each in table.columns if isinstance(each.type, Uuid)]
