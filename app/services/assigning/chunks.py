"""Chunks of a run: ledger, enrollments, seats, notices and cursor of some hundred lines in one transaction.

Killed anywhere, a run has written whole chunks and knows the next one. The course's row is locked per chunk only, so
that a learner who enrolls waits for one chunk at most; its size is the caller's choice.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, null, select, text
from sqlalchemy.types import Uuid

from app.db.session import db, discard_plans
from app.enums import AssignmentAction, AssignmentState, CourseStatus, OnExisting, Outcome
from app.models.assignment import Assignment
from app.models.assignment_stage import AssignmentBatch
from app.models.caller import Actor
from app.models.course import Course
from app.services.assigning import assignments_effects as effects
from app.services.assigning import cancellations, decided_rows, plans, undo_chunks
from app.services.assigning.assignments_runs import PREVIEW_LIFE
from app.services.assigning.chunk_scope import Chunk, ChunkOutcome, ChunkScope, Staged, WholeRunScope, added
from app.services.assigning.ledger_rows import STAGED
from app.services.assigning.ledger_statements import OF_CHUNKS
from app.settings import settings
from app.values.terms import Terms

LINES_CLOSED_AT_ONCE = 20_000

_CLOSED = text(
    STAGED
    + """
INSERT INTO assignment_items (
    assignment_id, row, input, course_id, outcome, code, kind, sent_due_at, sent_course
)
SELECT :assignment_id, row, input, course_id, 'skipped', 'not_reached', kind, sent_due_at, sent_course
FROM sent
"""
).bindparams(bindparam("assignment_id", type_=Uuid()))

_CLOSED_BY_COURSE = text(
    """
UPDATE assignment_courses
SET counts = counts || jsonb_build_object('skipped', coalesce(CAST(counts ->> 'skipped' AS integer), 0) + closed.lines)
FROM (
    SELECT course_id, sum(size) AS lines
    FROM assignment_batches
    WHERE assignment_id = :assignment_id AND number BETWEEN :batch AND :last_batch
    GROUP BY course_id
) AS closed
WHERE assignment_courses.assignment_id = :assignment_id AND assignment_courses.course_id = closed.course_id
"""
).bindparams(bindparam("assignment_id", type_=Uuid()))


def advance(run: Assignment, lines: int) -> None:
    """Write the next chunk of about so many lines. The run's row is locked by the caller."""
    # What changes in the run's row is written once, at the end of the chunk.
    with db.session.no_autoflush:
        if run.state in {AssignmentState.QUEUED, AssignmentState.RUNNING}:
            _write(run, lines, ChunkScope(run))
        else:
            _close(run)
    db.session.flush()


def carry_all(run: Assignment, lines: int, courses: Sequence[Course]) -> None:
    """Write all chunks in this transaction. The courses are locked by the caller, unless the run only previews."""
    with db.session.no_autoflush:
        scope = WholeRunScope(run, courses)
        while run.next_batch <= run.batches:
            cancellations.check()
            _write(run, lines, scope)
        scope.finish()
    db.session.flush()


def _write(run: Assignment, lines: int, scope: ChunkScope) -> None:
    chunk = _next(scope.batches(), lines)
    found = _decide(run, chunk, scope)
    _count(run, chunk, found, scope)
    run.state = AssignmentState.RUNNING
    run.next_batch, run.stalls = chunk.last + 1, 0
    if run.next_batch > run.batches:
        _finish(run)


def stop(run: Assignment, state: AssignmentState, *, reason: str | None = None) -> None:
    """End an unfinished run. Its remaining lines are recorded as not reached, by the worker that carries it next.

    A commit that was not written ends as the preview that it was.
    """
    if run.is_committing:
        plans.leave_as_preview(run, reason)
        return
    run.state, run.finished_at = state, func.clock_timestamp()
    run.last_error = reason or run.last_error
    run.expires_at = func.now() + PREVIEW_LIFE if run.is_preview else None
    if run.next_batch > run.batches:
        _finish(run)
    db.session.flush()


def _next(batches: Sequence[Staged], lines: int) -> Chunk:
    """As many batches of one course as fit, at least one."""
    number, course_id, size, is_cross_checked = batches[0]
    chunk = Chunk(course_id, number, number, size, is_cross_checked)
    for number, course_id, size, is_cross_checked in batches[1:]:
        if course_id != chunk.course_id or chunk.size + size > lines:
            break
        chunk = chunk._replace(
            last=number,
            size=chunk.size + size,
            is_cross_checked=chunk.is_cross_checked or is_cross_checked,
        )
    return chunk


def _decide(run: Assignment, chunk: Chunk, scope: ChunkScope) -> Sequence[ChunkOutcome]:
    if chunk.last.bit_length() > (chunk.first - 1).bit_length():
        # The run has doubled since the last time, and with it perhaps its tables.
        discard_plans()
    scope.prepare()
    if run.action == AssignmentAction.UNDO and not run.is_preview and chunk.last == run.batches:
        undo_chunks.lock_first(run)
    actor = scope.actor
    course = None if chunk.course_id is None else scope.course(chunk.course_id, scope.committer)
    if run.action == AssignmentAction.UNDO:
        return undo_chunks.decide(run, chunk, course, scope)
    terms = Terms.of_json(run.options)
    assigns = run.action == AssignmentAction.ASSIGN
    of_assigning = {
        "instructor_id": course and course.instructor_id,
        "free_seats": course and _free_seats(run, course, terms, scope),
        "due_at": terms.due_date(run.created_at),
        "payment": course and effects.payment_of(course, actor),
        "updates_due": terms.on_existing == OnExisting.UPDATE_DUE,
        "names_due": run.sheet is None or terms.due_at is not None or terms.due_in_days is not None,
    }
    found = db.session.execute(
        OF_CHUNKS[run.action, chunk.is_cross_checked, run.looks_back],
        {
            "assignment_id": run.id,
            "course_id": chunk.course_id,
            "batch": chunk.first,
            "last_batch": chunk.last,
            "kept_batch": chunk.first if run.looks_back else 0,
            "takes_unverified": not settings().require_email_verification,
            "sees_everyone": actor.is_admin,
            "sees_enrolled": not assigns,
            "is_open": course is None or _is_open(course),
            "atomic": False,
            "preview": not _writes(run),
            **(of_assigning if assigns else {}),
        },
    ).all()
    outcomes = [ChunkOutcome(*row) for row in found]
    if course is not None and _writes(run):
        rows = _apply(run, course, actor, outcomes)
        if assigns and terms.notify and rows:
            scope.notify(rows)
    return outcomes


def _writes(run: Assignment) -> bool:
    """Whether chunks write at once. An atomic run is decided whole first, and then written or not."""
    return not run.is_preview and not run.options["atomic"]


def _is_open(course: Course) -> bool:
    return course.status == CourseStatus.PUBLISHED and course.deleted_at is None


def _free_seats(run: Assignment, course: Course, terms: Terms, scope: ChunkScope) -> int | None:
    if terms.override_seats or course.available_seats is None:
        return None
    if _writes(run):
        return course.available_seats
    taken = scope.planned(course.id, Outcome.ASSIGNED, Outcome.REACTIVATED)
    return max(0, course.available_seats - taken)


def _apply(run: Assignment, course: Course, actor: Actor, outcomes: Sequence[ChunkOutcome]) -> Sequence[int]:
    """Write what was decided. Returns the rows of those who joined or came back."""
    rows = {each.outcome: each.rows for each in outcomes if each.rows}
    reactivated = [each for found in outcomes for each in found.enrollment_ids or ()]
    decided_rows.write(run, course, actor, rows, reactivated)
    return [*rows.get(Outcome.ASSIGNED, []), *rows.get(Outcome.REACTIVATED, [])]


def _count(run: Assignment, chunk: Chunk, outcomes: Sequence[ChunkOutcome], scope: ChunkScope) -> None:
    amounts = {each.outcome: each.amount for each in outcomes}
    run.counts = added(run.counts, amounts)
    # The run's row is locked, so these are its latest figures.
    done, overdue = run.done, run.overdue
    run.done = done + chunk.size
    run.overdue = overdue + sum(each.overdue for each in outcomes)
    run.unique = run.done - run.counts.get(Outcome.DUPLICATE, 0)
    # The counts of a run on one course are those of the course.
    if chunk.course_id is not None and run.course_id is None:
        scope.count(chunk.course_id, amounts)


def _finish(run: Assignment) -> None:
    run.state = AssignmentState.PREVIEW if run.is_preview else AssignmentState.APPLIED
    run.expires_at = func.now() + PREVIEW_LIFE if run.is_preview else None
    run.finished_at = func.clock_timestamp()
    _end(run)


def _close(run: Assignment) -> None:
    """Record the next lines of a run that was stopped as not reached."""
    chunk = Chunk(None, run.next_batch, run.next_batch, 0, is_cross_checked=False)
    sizes = select(AssignmentBatch.number, AssignmentBatch.size).where(
        AssignmentBatch.assignment_id == run.id, AssignmentBatch.number >= run.next_batch
    )
    for number, size in db.session.execute(sizes.order_by(AssignmentBatch.number).limit(100)):
        chunk = chunk._replace(last=number, size=chunk.size + size)
        if chunk.size >= LINES_CLOSED_AT_ONCE:
            break
    closed = {"assignment_id": run.id, "batch": chunk.first, "last_batch": chunk.last}
    if run.action == AssignmentAction.UNDO:
        undo_chunks.close(run, closed)
    else:
        db.session.execute(_CLOSED, closed)
    run.counts = added(run.counts, {Outcome.SKIPPED.value: chunk.size})
    if run.course_id is None:
        db.session.execute(_CLOSED_BY_COURSE, closed)
    unique = run.unique
    run.unique = unique + chunk.size
    run.next_batch, run.stalls = chunk.last + 1, 0
    if run.next_batch > run.batches:
        _end(run)
    db.session.flush()


def _end(run: Assignment) -> None:
    """The lines are in the ledger now."""
    if run.action == AssignmentAction.UNDO and not run.is_preview:
        undo_chunks.end(run)
    run.lease, run.leased_until = null(), null()
    db.session.execute(
        delete(AssignmentBatch)
        .where(AssignmentBatch.assignment_id == run.id)
        .execution_options(synchronize_session=False)
    )
