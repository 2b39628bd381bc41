"""The job that carries a bulk run, chunk by chunk, under a lease in PostgreSQL.

RQ may lose the job, run it twice, or run it on two workers: the lease lets one worker go on, and the cursor says where.
An error of one row ends the run as FAILED, with a reason; an error of the server ends the job, and the sweep finds the
run when its lease has expired.
"""

from __future__ import annotations

import logging
from time import monotonic
from uuid import UUID

from psycopg2 import errorcodes
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InternalError, ProgrammingError

from app.adapters import queue
from app.db.session import transaction
from app.errors.base import Refusal
from app.jobs.context import application
from app.observability import alarms, logs
from app.observability.alarms import Alarm
from app.services.assigning import carrying, leases
from app.services.assigning.cancellations import RunCancelled

log = logging.getLogger(__name__)

SLICE_SECONDS = 60.0
"""After so long a job ends and enqueues the run again, so that no run keeps the others waiting."""

FIRST_CHUNK, SMALLEST_CHUNK, LARGEST_CHUNK = 1_000, 500, 4_000
"""Lines."""

CHUNK_SECONDS = 0.07
"""How long a chunk should take: as long, a learner who enrolls in the same course waits."""

TRIES = 5
ENQUEUED_AT_ONCE = 100

_TRIED_AGAIN = {
    errorcodes.DEADLOCK_DETECTED,
    errorcodes.SERIALIZATION_FAILURE,
    errorcodes.LOCK_NOT_AVAILABLE,
    errorcodes.QUERY_CANCELED,
}
_OF_ROWS = (IntegrityError, DataError, ProgrammingError, InternalError)


def work(run_id: str) -> None:
    """The entry point for RQ. What cannot be enqueued while Redis is away is found by the sweep."""
    with application(), logs.about(assignment_id=run_id):
        has_more = carry(UUID(run_id), SLICE_SECONDS)
        try:
            if has_more:
                queue.carry_run(UUID(run_id))
            enqueue_waiting()
        except RedisError as error:
            log.warning("Redis is away; what waits is not enqueued: %s", type(error).__name__)


def carry(run_id: UUID, seconds: float) -> bool:
    """Carry the run for some seconds, if it is free; whether it has more to do then."""
    until = monotonic() + seconds
    with transaction():
        lease = leases.claim(run_id)
    if lease is None:
        return False
    lines = FIRST_CHUNK
    while monotonic() < until:
        began = monotonic()
        if not _step(run_id, lease, lines):
            return False
        share = CHUNK_SECONDS / max(0.001, monotonic() - began)
        lines = max(SMALLEST_CHUNK, min(LARGEST_CHUNK, int(lines * min(2.0, share))))
    with transaction():
        leases.release(run_id, lease)
    return True


def enqueue_waiting() -> int:
    """Enqueue runs that a worker could carry and that are in no job. Returns how many."""
    queued = queue.next_runs(ENQUEUED_AT_ONCE)
    with transaction():
        waiting = leases.take_waiting(ENQUEUED_AT_ONCE, queued=queued)
    for run in waiting:
        queue.carry_run(run.id, is_whole=run.is_whole)
    return len(waiting)


def carry_waiting(seconds: float) -> bool:
    """Carry waiting runs for some seconds without a queue; whether there may be more."""
    until = monotonic() + seconds
    while monotonic() < until:
        with transaction():
            waiting = leases.take_waiting(1)
        if not waiting:
            return False
        carry(waiting[0].id, until - monotonic())
    return True


def _step(run_id: UUID, lease: UUID, lines: int) -> bool:
    """One chunk; tried again where PostgreSQL says that the same may succeed."""
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction():
                return carrying.take_step(run_id, lease, lines)
        except RunCancelled:
            with transaction():
                return carrying.cancel(run_id, lease)
        except Refusal as refusal:
            return _fail(run_id, lease, refusal.message)
        except _OF_ROWS as error:
            log.exception("a run cannot go on")
            return _fail(run_id, lease, _reason(error))
        except DBAPIError as error:
            if not tries_left or _code(error) not in _TRIED_AGAIN:
                raise
            log.warning("a chunk is tried again: %s", _code(error))
    return True


def _fail(run_id: UUID, lease: UUID, reason: str) -> bool:
    alarms.sound(Alarm.RUN_FAILED, f"a bulk run has failed: {reason}", assignment_id=str(run_id))
    with transaction():
        return carrying.fail(run_id, lease, reason)


def _reason(error: DBAPIError) -> str:
    """What PostgreSQL refused, without the values of the row."""
    diagnostics = getattr(error.orig, "diag", None)
    rule = getattr(diagnostics, "constraint_name", None) or getattr(diagnostics, "message_primary", None)
    table = getattr(diagnostics, "table_name", None)
    return (
        f"PostgreSQL refused a row{f' of {table}' if table else ''}: {rule or type(error.orig).__name__}."
        " The lines written so far stand. Correct what the row refers to, then retry the run."
    )


def _code(error: DBAPIError) -> str | None:
    return getattr(error.orig, "pgcode", None)
