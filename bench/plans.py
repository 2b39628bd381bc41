"""What a call sends to PostgreSQL, how long that takes, and what the server reads for it, by the server's own account."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

_ASKING = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
_EXPLAINED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "EXECUTE")
_DROPPED = ("Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter")


@dataclass(frozen=True)
class Scan:
    """One node of a plan that reads a table or an index, and for which statement."""

    statement: str
    name: str
    is_sequential: bool
    rows: float


@contextmanager
def timing(engine: Engine) -> Iterator[list[float]]:
    """The seconds that each statement of a block takes."""
    seconds: list[float] = []

    def before(*_: Any) -> None:
        seconds.append(-time.perf_counter())

    def after(*_: Any) -> None:
        seconds[-1] += time.perf_counter()

    with _listening(engine, before_cursor_execute=before, after_cursor_execute=after):
        yield seconds


_FORGET = "DISCARD PLANS"
"""A prepared statement keeps its plan for all values when the planner's settings change."""


@contextmanager
def reading(engine: Engine, *, without: Sequence[Sequence[str]] = ((),)) -> Iterator[list[Scan]]:
    """Everything that the statements of a block read.

    Small tables are read as a whole because they are small. Under `without` the planner does without some of its ways,
    as the size of a table would make it do; of these plans the one that reads least counts.

    Each is explained in its own transaction, behind a savepoint, and then executed: so writes are measured as they are,
    too.
    """
    found: list[Scan] = []

    def before(_connection: Any, executing: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(_EXPLAINED):
            return
        with executing.connection.cursor() as cursor:
            plans = [_explain(cursor, statement, parameters, ways) for ways in without]
            cursor.execute(_FORGET)
        found.extend(min(plans, key=lambda scans: max((scan.rows for scan in scans), default=0)))

    with _listening(engine, before_cursor_execute=before):
        yield found


def _explain(cursor: Any, statement: str, parameters: Any, ways: Sequence[str]) -> list[Scan]:
    """What it reads. A prepared statement is explained with the plan that it has for all values of its parameters."""
    is_alone = cursor.connection.autocommit
    cursor.execute("BEGIN" if is_alone else "SAVEPOINT explaining")
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    for way in ways:
        cursor.execute(f"SET LOCAL enable_{way} = off")
    cursor.execute(_FORGET)
    cursor.execute(_ASKING + statement, parameters)
    plan = cursor.fetchone()[0][0]["Plan"]
    cursor.execute("ROLLBACK" if is_alone else "ROLLBACK TO SAVEPOINT explaining")
    return list(_scans(statement, plan))


@contextmanager
def _listening(engine: Engine, **listeners: Any) -> Iterator[None]:
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


def _scans(statement: str, plan: dict[str, Any]) -> Iterator[Scan]:
    """What a plan reads, node by node: rows it kept and rows it dropped, in all its loops."""
    kind = plan["Node Type"]
    name = plan.get("Relation Name") or plan.get("Index Name")
    if name and kind != "ModifyTable":
        rows = plan["Actual Rows"] + sum(plan.get(dropped, 0) for dropped in _DROPPED)
        yield Scan(statement, name, kind == "Seq Scan", rows * plan["Actual Loops"])
    for inner in plan.get("Plans", ()):
        yield from _scans(statement, inner)
