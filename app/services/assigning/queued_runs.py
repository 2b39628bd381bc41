"""Runs that a worker carries: accepted, cancelled, and tried again.

The request that accepts a run stages its lines and commits; the job in Redis is only a hint, which the sweep repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from app.adapters import queue
from app.db.session import after_commit
from app.enums import AssignmentAction, AssignmentState, Mode
from app.errors.base import InvalidRequest
from app.errors.bulk import TooManyPeople
from app.errors.catalogue import InvalidTransition
from app.models.assignment import Assignment
from app.models.caller import Actor
from app.services.assigning import assignments_runs as runs
from app.services.assigning import cancellations, chunks, in_request, leases, staging, undo_staging
from app.services.assigning.assignments_runs import RunReport
from app.values.identifiers import MOST_ROWS
from app.values.people import People
from app.values.terms import Terms

MOST_LINES = 1_000_000
MOST_ATOMIC = 100_000


@dataclass(frozen=True)
class Accepted:
    """A run that a worker carries: the answer is its record."""

    run: Assignment


def takes(people: People, *, atomic: bool, in_background: bool) -> bool:
    """Whether a worker carries a run of these people."""
    if len(people) > MOST_LINES:
        raise TooManyPeople
    refuse_large_atomic(len(people), atomic=atomic)
    return len(people) > MOST_ROWS or in_background


def refuse_large_atomic(lines: int, *, atomic: bool) -> None:
    """All or nothing holds its courses locked until it is written, and has a limit of its own."""
    if atomic and lines > MOST_ATOMIC:
        limit = f"All or nothing is possible for up to {MOST_ATOMIC:,} lines; this call has {lines:,}."
        raise InvalidRequest(details={"atomic": [limit]})


def accept(
    action: AssignmentAction,
    actor: Actor,
    course_id: UUID,
    people: People,
    *,
    mode: Mode,
    reason: str,
    **options: Any,
) -> Accepted:
    """Stage the run and enqueue it after the commit."""
    run = runs.begin(action, actor.id, course_id, mode=mode, reason=reason, is_queued=True, **options)
    staging.stage_people(run, people, [course_id])
    after_commit(partial(queue.carry_run, run.id, is_whole=run.is_whole))
    return Accepted(runs.reread(run))


def cancel(actor: Actor, assignment_id: UUID) -> Assignment:
    """Stop the run at its next chunk: what is written stays, the other lines are recorded as not reached.

    One that is being written whole is still RUNNING in the answer: its worker has been asked to stop.
    """
    run = runs.get_visible(actor, assignment_id)
    if run.state in leases.UNFINISHED and run.is_whole and not runs.is_free(run):
        cancellations.ask(run.id)
        return run
    run = runs.lock_visible(actor, assignment_id)
    if run.state not in leases.UNFINISHED:
        raise InvalidTransition("Only a run that is QUEUED or RUNNING can be cancelled.")
    chunks.stop(run, AssignmentState.CANCELLED)
    after_commit(partial(queue.carry_run, run.id, is_whole=run.is_whole))
    return runs.reread(run)


def retry(actor: Actor, assignment_id: UUID, *, in_background: bool) -> RunReport | Accepted:
    """A new run over the lines that were refused or not reached, on the terms and in the order of the first."""
    first = runs.lock_visible(actor, assignment_id)
    if first.state == AssignmentState.UNDONE:
        raise InvalidTransition("The run was undone. Assign the users again in a run of its own.")
    if not first.is_retryable:
        raise InvalidTransition(
            "There is nothing to try again: the run has not ended, or no line was refused or left out."
        )
    if first.next_batch <= first.batches:
        raise InvalidTransition("The run is just being closed. Try again in some seconds.")
    due_at = Terms.of_json(first.options).due_date(first.created_at)
    options = {
        **first.options,
        "due_at": due_at and due_at.isoformat(),
        "due_in_days": None,
        "atomic": False,
    }
    run = runs.begin(
        first.action,
        actor.id,
        first.course_id,
        mode=Mode.PREVIEW if first.is_preview else Mode.RUN,
        reason=first.reason,
        is_queued=True,
        **options,
    )
    run.retry_of_id, run.undo_of_id, run.sheet = first.id, first.undo_of_id, first.sheet
    if run.action == AssignmentAction.UNDO:
        undo_staging.stage_again(run, first)
        _refuse_without_lines(run)
    else:
        staging.stage_again(run, first)
    return start(run, in_background=in_background)


def _refuse_without_lines(run: Assignment) -> None:
    if not run.requested:
        raise InvalidTransition(
            "There is nothing to try again: no line that was left out had changed anything."
        )


def start(run: Assignment, *, in_background: bool) -> RunReport | Accepted:
    """Carry a staged run in this request, or leave it to a worker when it is large or the client asks for that."""
    if run.requested > MOST_ROWS or in_background:
        after_commit(partial(queue.carry_run, run.id, is_whole=run.is_whole))
        return Accepted(runs.reread(run))
    return in_request.carry(run)
