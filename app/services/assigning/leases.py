"""Leases of runs in PostgreSQL: which worker carries a run, which runs wait for one, and which were abandoned.

A worker that dies leaves a lease that expires, and the next one goes on at the cursor. The run's row is locked during
each chunk, so that a slow chunk cannot be overtaken: a claim waits for it and then sees the renewed lease. Redis has no
part in this: a job only suggests a run.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    case,
    exists,
    false,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from app.db.session import among, db, discard_plans
from app.enums import AssignmentState
from app.models.assignment import Assignment
from app.models.assignment_stage import AssignmentCourse
from app.settings import settings

UNFINISHED = (AssignmentState.QUEUED, AssignmentState.RUNNING)

MOST_STALLS = 20
"""Attempts in a row without a finished chunk, after which a run is given up."""

ENQUEUED_AGAIN = timedelta(seconds=2)

STALLED = "No worker finished a part of this run in {attempts} attempts. See the log of the workers, then retry the run."


class WaitingRun(NamedTuple):
    """A run that waits for a worker."""

    id: UUID
    is_whole: bool


class UnfinishedRuns(NamedTuple):
    """How many runs are unfinished, and for how long the first of those waits that no worker has begun."""

    queued: int
    running: int
    late_seconds: float


def measure() -> UnfinishedRuns:
    """For metrics, from the index of unfinished runs."""
    is_queued = Assignment.state == AssignmentState.QUEUED
    waits = func.extract("epoch", func.now() - func.min(Assignment.created_at).filter(is_queued))
    found = select(
        func.count().filter(is_queued),
        func.count().filter(Assignment.state == AssignmentState.RUNNING),
        func.coalesce(waits, 0),
    ).where(Assignment.next_batch <= Assignment.batches, Assignment.state.in_(UNFINISHED))
    queued, running, late = db.session.execute(found).one()
    return UnfinishedRuns(queued, running, max(0.0, float(late)))


def claim(run_id: UUID) -> UUID | None:
    """Lease the run to the caller; None if it is finished, leased, or waits for an earlier run on one of its courses.

    It is RUNNING from here on: what writes a run whole shows nothing of that before its end.
    """
    lease = uuid4()
    is_queued = Assignment.state == AssignmentState.QUEUED
    claimed = db.session.scalar(
        update(Assignment)
        .where(Assignment.id == run_id, _is_claimable())
        .values(
            lease=lease,
            leased_until=_expiry(),
            attempts=Assignment.attempts + 1,
            stalls=Assignment.stalls + 1,
            state=case((is_queued, AssignmentState.RUNNING.value), else_=Assignment.state),
            started_at=func.coalesce(Assignment.started_at, func.now()),
        )
        .returning(Assignment.stalls)
        .execution_options(synchronize_session=False)
    )
    if claimed is None:
        return None
    discard_plans()
    return lease


def hold(run_id: UUID, lease: UUID) -> Assignment | None:
    """The run, locked; None if the lease was lost or the run has no more batches."""
    found = (
        select(Assignment)
        .where(
            Assignment.id == run_id, Assignment.lease == lease, Assignment.next_batch <= Assignment.batches
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return db.session.scalar(found)


def release(run_id: UUID, lease: UUID) -> None:
    """Give the run back, so that another worker may carry it at once. The caller enqueues it."""
    db.session.execute(
        update(Assignment)
        .where(Assignment.id == run_id, Assignment.lease == lease)
        .values(lease=null(), leased_until=null(), stalls=0, enqueued_at=func.now())
        .execution_options(synchronize_session=False)
    )


def take_waiting(limit: int, *, queued: Collection[UUID] = ()) -> list[WaitingRun]:
    """Runs that a worker could carry now, oldest first, marked as enqueued: the caller enqueues a job for each.

    Jobs run in the order in which they were enqueued. A run that was enqueued a while before those at the head of the
    queue is in the queue no more: a worker has had its job, or the job was lost.

    :param queued: the runs at the head of the queue; empty when no job waits
    """
    at_the_head = among(Assignment.id, queued)
    oldest_enqueued = select(func.min(Assignment.enqueued_at)).where(at_the_head).scalar_subquery()
    is_due = or_(
        Assignment.enqueued_at.is_(None),
        Assignment.enqueued_at < func.least(func.now(), oldest_enqueued) - ENQUEUED_AGAIN,
        Assignment.enqueued_at < Assignment.leased_until,
    )
    picked = (
        select(Assignment.id)
        .where(_is_claimable(), is_due, ~at_the_head)
        .order_by(Assignment.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .cte("picked")
    )
    marked = (
        update(Assignment)
        .where(Assignment.id == picked.c.id)
        .values(enqueued_at=func.now())
        .returning(
            Assignment.id,
            or_(Assignment.is_committing, func.coalesce(Assignment.options["atomic"].as_boolean(), false())),
        )
        .execution_options(synchronize_session=False)
    )
    return sorted(WaitingRun(*row) for row in db.session.execute(marked))


def renew(run: Assignment) -> None:
    """Extend the lease, from the end of a chunk; during the chunk the lock of the row protects the run."""
    run.leased_until = _expiry()


def _expiry() -> ColumnElement[Any]:
    return func.clock_timestamp() + timedelta(seconds=settings().run_lease_seconds)


def _is_claimable() -> ColumnElement[bool]:
    is_free = or_(Assignment.leased_until.is_(None), Assignment.leased_until <= func.clock_timestamp())
    return and_(Assignment.next_batch <= Assignment.batches, is_free, ~_waits_for_another())


def _waits_for_another() -> ColumnElement[bool]:
    """Runs on one course follow each other in the order of their ids. Previews write nothing and wait for no run.

    The commit of an older preview also waits for a later run as long as a worker carries that one.
    """
    other, staged = aliased(Assignment), aliased(AssignmentCourse)
    shares_course = or_(
        _is_about(Assignment, other.course_id),
        _is_about(other, Assignment.course_id),
        exists()
        .where(staged.assignment_id == other.id, _is_staged_for(Assignment, staged.course_id))
        .correlate_except(staged),
    )
    is_carried = and_(other.id > Assignment.id, other.leased_until > func.clock_timestamp())
    is_first = or_(other.id < Assignment.id, is_carried)
    return and_(
        ~Assignment.is_preview,
        Assignment.state.in_(UNFINISHED),
        exists()
        .where(
            is_first,
            other.next_batch <= other.batches,
            other.state.in_(UNFINISHED),
            ~other.is_preview,
            shares_course,
        )
        .correlate(Assignment),
    )


def _is_about(run: type[Assignment], course_id: SQLColumnExpression[UUID | None]) -> ColumnElement[bool]:
    """A run on one course names it; a plan that was made in its request has nothing staged."""
    return or_(run.course_id == course_id, _is_staged_for(run, course_id))


def _is_staged_for(run: type[Assignment], course_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    ours = aliased(AssignmentCourse)
    found = select(ours.course_id).where(ours.assignment_id == run.id, ours.course_id == course_id)
    return exists(found.correlate_except(ours))
