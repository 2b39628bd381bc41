"""Cancellations of runs that a worker writes in one transaction.

That transaction holds the row of its run until its end, so the request to cancel is a row of its own, which the worker
looks for before each chunk: it then rolls back everything, and ends the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.models.assignment_stage import AssignmentCancellation

_carried: ContextVar[UUID | None] = ContextVar("carried", default=None)


class RunCancelled(Exception):
    """Raised before a chunk of a run that is to be cancelled: its transaction is rolled back."""


def ask(run_id: UUID) -> None:
    """Ask the worker that writes this run to stop."""
    db.session.execute(insert(AssignmentCancellation).values(assignment_id=run_id).on_conflict_do_nothing())


def withdraw(run_id: UUID) -> None:
    """Delete what was asked: the run has ended, or its plan is committed again."""
    db.session.execute(
        delete(AssignmentCancellation)
        .where(AssignmentCancellation.assignment_id == run_id)
        .execution_options(synchronize_session=False)
    )


@contextmanager
def watched(run_id: UUID) -> Iterator[None]:
    """`check` looks for cancellations of this run inside the block."""
    token = _carried.set(run_id)
    try:
        check()
        yield
    finally:
        _carried.reset(token)


def check() -> None:
    """Stop here if the run that is carried is to be cancelled. Costs nothing in a request."""
    run_id = _carried.get()
    if run_id is None:
        return
    asked = select(AssignmentCancellation.assignment_id).where(AssignmentCancellation.assignment_id == run_id)
    if db.session.scalar(asked) is not None:
        raise RunCancelled
