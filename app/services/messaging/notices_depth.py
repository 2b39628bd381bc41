"""Depth and lag of the outbox, for metrics. The cost does not grow with the notices ever sent."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ScalarSelect, Select, func, literal_column, select

from app.db.session import db
from app.enums import Lane, NoticeState
from app.models.notice import Notice

COUNTED = 100_000


@dataclass(frozen=True)
class Depth:
    queued: int
    failed: int
    late_seconds: float
    urgent_late_seconds: float


def measure() -> Depth:
    row = db.session.execute(statement()).one()
    return Depth(row[0], row[1], max(0.0, float(row[2])), max(0.0, float(row[3])))


def statement() -> Select[int, int, float, float]:
    """One round trip over the partial indexes of what is QUEUED and what is FAILED."""
    late = func.extract("epoch", func.now() - func.min(Notice.due_at))
    longest_due = select(late).where(Notice.state == literal_column("'QUEUED'"))
    return select(
        _count(NoticeState.QUEUED),
        _count(NoticeState.FAILED),
        func.coalesce(longest_due.scalar_subquery(), 0),
        func.coalesce(longest_due.where(Notice.is_in(Lane.URGENT)).scalar_subquery(), 0),
    )


def _count(state: NoticeState) -> ScalarSelect[int]:
    # Written out, not bound: the planner has to see that a partial index holds all of them.
    is_so = Notice.state == literal_column(f"'{state.value}'")
    found = select(literal_column("1")).where(is_so).limit(COUNTED).subquery()
    return select(func.count()).select_from(found).scalar_subquery()
