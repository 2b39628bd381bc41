"""Runs that a worker carries: accepted, cancelled, and tried again.

The request that accepts a run stages its lines and commits; the job in Redis is only a hint, which the sweep repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.adapters import queue
from app.db.session import after_commit, db
from app.enums import AssignmentAction, AssignmentState, Mode
from app.errors.base import InvalidRequest
from app.errors.bulk import TooManyPeople
from app.errors.catalogue import InvalidTransition
from app.models.assignment import Assignment
from app.models.user import User
from app.services.assigning import assignments_runs as runs
from app.services.assigning import chunks, leases, staging
from app.values.identifiers import MOST_ROWS
from app.values.people import People

MOST_LINES = 1_000_000


@dataclass(frozen=True)
class Accepted:
    """A run that a worker carries: the answer is its record."""

    run: Assignment


def takes(people: People, *, atomic: bool, in_background: bool) -> bool:
    """Whether a worker carries a run of these people. An atomic run is answered in its request, up to its limit."""
    if len(people) > MOST_LINES:
        raise TooManyPeople
    if atomic and len(people) > MOST_ROWS:
        limit = f"All or nothing is possible for up to {MOST_ROWS:,} users; this call has {len(people):,}."
        raise InvalidRequest(details={"atomic": [limit]})
    return len(people) > MOST_ROWS or (in_background and not atomic)


def accept(
    action: AssignmentAction,
    actor: User,
    course_id: UUID,
    people: People,
    *,
    mode: Mode,
    reason: str,
    **options: Any,
) -> Accepted:
    """Stage the run and enqueue it after the commit."""
    run = runs.begin(action, actor, course_id, mode=mode, reason=reason, is_queued=True, **options)
    staging.stage_people(run, people, [course_id])
    after_commit(partial(queue.carry_run, run.id))
    return Accepted(run)


def cancel(actor: User, assignment_id: UUID) -> Assignment:
    """Stop the run at its next chunk: what is written stands, the other lines are recorded as not reached."""
    run = _lock(actor, assignment_id)
    if run.state not in leases.UNFINISHED:
        raise InvalidTransition("Only a run that is QUEUED or RUNNING can be cancelled.")
    chunks.stop(run, AssignmentState.CANCELLED)
    after_commit(partial(queue.carry_run, run.id))
    return run


def _lock(actor: User, assignment_id: UUID) -> Assignment:
    run = runs.get_visible(actor, assignment_id)
    locked = select(Assignment).where(Assignment.id == run.id).with_for_update(key_share=True)
    return db.session.scalars(locked.execution_options(populate_existing=True)).one()
