"""Chunks of an undo: each line of the first run that wrote something is put back, or kept with the reason.

The course's row is locked, as for every chunk, and then the enrollments, by a statement of their own: the decision is a
later one, so it sees the progress, payments and grades that earlier holders of these locks have committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.db.session import db
from app.enums import AssignmentAction, AssignmentState, Outcome
from app.models.assignment import Assignment
from app.models.course import Course
from app.services.assigning import assignments_effects as effects
from app.services.assigning import assignments_ledger as ledger
from app.services.assigning import undo_statements
from app.services.assigning.chunk_scope import Chunk, ChunkOutcome, ChunkScope
from app.services.learning import completion, enrollment_notices

KEPT = (Outcome.KEPT_STARTED, Outcome.KEPT_COMPLETED, Outcome.KEPT_CHANGED)
LEFT_OUT = (Outcome.NO_SEAT, Outcome.SKIPPED)
"""Outcomes that a retry of the undo takes up."""


def decide(run: Assignment, chunk: Chunk, course: Course | None, scope: ChunkScope) -> Sequence[ChunkOutcome]:
    """Decide about the lines of this chunk, record it in the ledger, and put back what can be."""
    lines = _lines(run, chunk.first, chunk.last)
    if not run.is_preview:
        db.session.execute(undo_statements.LOCK, lines)
    found = db.session.execute(
        undo_statements.DECIDE,
        {
            **lines,
            "instructor_id": course and course.instructor_id,
            "is_deleted": course is not None and course.is_deleted,
            "free_seats": course and _free_seats(run, course, scope),
        },
    ).all()
    outcomes = [ChunkOutcome(*row) for row in found]
    rows = [row for each in outcomes for row in each.rows or ()]
    if course is not None and rows and not run.is_preview:
        apply(run, course, rows=rows)
    return outcomes


def lock_all(run: Assignment) -> None:
    """Lock the enrollments of all staged lines, for a preview whose decisions are compared and then written."""
    db.session.execute(undo_statements.LOCK, _lines(run, 1, run.batches))


def _lines(run: Assignment, first_batch: int, last_batch: int) -> dict[str, Any]:
    return {
        "assignment_id": run.id,
        "undo_of": run.undo_of_id,
        "batch": first_batch,
        "last_batch": last_batch,
    }


def apply(run: Assignment, course: Course, *, rows: Sequence[int] | None = None) -> None:
    """Put back the enrollments of this course, their seats and notices, as the ledger of the undo says.

    :param rows: the lines of one chunk; None means all of the course
    """
    changed = db.session.execute(
        undo_statements.APPLY,
        {"assignment_id": run.id, "course_id": course.id, "rows": None if rows is None else list(rows)},
    ).one()
    restored: list[UUID] = changed.restored or []
    effects.add_seats_taken(course, len(restored) - changed.freed)
    if restored:
        completed = completion.settle(course.id, enrollment_ids=restored)
        if completed:
            ledger.record_completed(run, completed, rows=rows, outcome=Outcome.UNDONE)
    if changed.ended:
        _take_back_notices(run, changed.ended)


def close(run: Assignment, lines: dict[str, Any]) -> None:
    """Record these lines as not reached."""
    db.session.execute(undo_statements.CLOSE, {**lines, "undo_of": run.undo_of_id})


def lock_first(run: Assignment) -> Assignment | None:
    """The first run, locked. Before any course, as a retry of that run takes these locks: `end` changes its row."""
    locked = select(Assignment).where(Assignment.id == run.undo_of_id).with_for_update(key_share=True)
    return db.session.scalar(locked.execution_options(populate_existing=True))


def end(run: Assignment) -> None:
    """The first run is UNDONE when nothing of it was kept. Its row is locked by the caller, before the courses."""
    if _kept(run) or run.undo_of_id is None:
        return
    first = lock_first(run)
    if first is not None:
        first.state = AssignmentState.UNDONE


def _kept(run: Assignment) -> int:
    """Lines that were kept or left out, in this run and in those of which it is a retry."""
    kept = sum(run.counts.get(outcome, 0) for outcome in (*KEPT, *LEFT_OUT))
    earlier_id = run.retry_of_id
    while earlier_id is not None:
        earlier = db.session.get_one(Assignment, earlier_id)
        kept += sum(earlier.counts.get(outcome, 0) for outcome in KEPT)
        earlier_id = earlier.retry_of_id
    return kept


def _free_seats(run: Assignment, course: Course, scope: ChunkScope) -> int | None:
    """Seats for those who were unassigned; an undone assignment takes none."""
    if course.available_seats is None or not run.is_preview:
        return course.available_seats
    restores = _first_of(run).action == AssignmentAction.UNASSIGN
    planned = scope.planned(course.id, Outcome.UNDONE) if restores else 0
    return max(0, course.available_seats - planned)


def _first_of(run: Assignment) -> Assignment:
    return db.session.get_one(Assignment, run.undo_of_id)


def _take_back_notices(run: Assignment, enrollment_ids: Sequence[UUID]) -> None:
    """A notice that was not sent is suppressed; one that was, or is just being sent, is followed by another one."""
    if run.undo_of_id is None or not _first_of(run).options.get("notify"):
        return
    db.session.execute(
        undo_statements.SUPPRESS, {"enrollment_ids": list(enrollment_ids), "undo_of": run.undo_of_id}
    )
    if run.options["notify"]:
        enrollment_notices.notify_undone(run.id, undo_of=run.undo_of_id, enrollment_ids=enrollment_ids)
