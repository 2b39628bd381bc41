"""Steps of the worker that carries a run: one chunk, and what follows when it cannot be written.

A step runs in a transaction of its own, which the caller opens.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from app.db.session import db, set_statement_timeout
from app.enums import AssignmentState
from app.models.assignment import Assignment
from app.services.assigning import cancellations, chunks, in_request, leases, plans_commit
from app.settings import settings


def take_step(run_id: UUID, lease: UUID, lines: int) -> bool:
    """Write the next chunk; false when the run is finished, or another worker carries it.

    :raises RunCancelled: to be rolled back, and followed by `cancel`
    """
    run = leases.hold(run_id, lease)
    if run is None:
        return False
    if run.stalls > leases.MOST_STALLS:
        reason = leases.STALLED.format(attempts=run.stalls)
        run.stalls = 0
        leases.renew(run)
        chunks.stop(run, AssignmentState.FAILED, reason=reason)
        return True
    # A crash may lose the latest of these commits, with all that the chunk wrote: it is then written once more.
    db.session.execute(text("SET LOCAL synchronous_commit = off"))
    leases.renew(run)
    if run.state in leases.UNFINISHED and (run.is_committing or run.options["atomic"]):
        _carry_whole(run)
    else:
        chunks.advance(run, lines)
    if run.next_batch > run.batches:
        db.session.execute(text("SET LOCAL synchronous_commit = on"))
        return False
    return True


def _carry_whole(run: Assignment) -> None:
    """All or nothing is one transaction, however long it takes."""
    set_statement_timeout(settings().chore_timeout_ms)
    with cancellations.watched(run.id):
        if run.is_committing:
            plans_commit.carry(run)
        else:
            in_request.carry_whole(run)
    cancellations.withdraw(run.id)


def cancel(run_id: UUID, lease: UUID) -> bool:
    """End the run as CANCELLED, unless another worker carries it by now; its lines are still to be closed."""
    run = leases.hold(run_id, lease)
    if run is None:
        return False
    chunks.stop(run, AssignmentState.CANCELLED)
    cancellations.withdraw(run.id)
    return True


def fail(run_id: UUID, lease: UUID, reason: str) -> bool:
    """End the run as FAILED, unless another worker carries it by now; its other lines are still to be closed."""
    run = leases.hold(run_id, lease)
    if run is None:
        return False
    if run.state in leases.UNFINISHED:
        chunks.stop(run, AssignmentState.FAILED, reason=reason[:500])
        return True
    # Not even closing it works: the next worker tries again.
    run.last_error = reason[:500]
    leases.release(run_id, lease)
    return False
