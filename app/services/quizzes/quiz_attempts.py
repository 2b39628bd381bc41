"""Working on an attempt: saving responses, and submitting it, which grades it in the same transaction.

Both lock the enrollment and the attempt first. Of two submits of an attempt one grades it, and the other is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, update

from app.db.session import db
from app.errors.learning import AttemptExpired, AttemptSubmitted
from app.models import QuizAttempt
from app.models.caller import Actor
from app.services.learning import progress
from app.services.quizzes import attempt_responses, attempt_rows, attempt_views, grading, recording
from app.services.quizzes.attempt_rows import AttemptRow
from app.services.quizzes.attempt_views import AttemptView
from app.services.quizzes.recording import Graded


def show(viewer: Actor, attempt_id: UUID) -> AttemptView:
    """An attempt, with as much of the key as the viewer may see now."""
    return attempt_views.view_of(attempt_rows.get_visible(viewer, attempt_id))


def save(learner: Actor, attempt_id: UUID, *, responses: Sequence[Mapping[str, Any]]) -> AttemptView:
    """Replace the responses given so far."""
    row = _lock_open(learner, attempt_id)
    if row.is_over:
        raise AttemptExpired
    kept = attempt_responses.stored(row, responses)
    db.session.execute(
        update(QuizAttempt)
        .where(QuizAttempt.id == row.id)
        .values(responses=kept, updated_at=func.now())
        .execution_options(synchronize_session=False)
    )
    return attempt_views.view_of(replace(row, responses=kept, updated_at=row.now))


def submit(
    learner: Actor, attempt_id: UUID, *, responses: Sequence[Mapping[str, Any]] | None = None
) -> AttemptView:
    """Grade the attempt. Without responses, or after its time and grace, what was saved is graded.

    A passed quiz completes its lesson, and the last lesson the course, unless the attempt is superseded.
    """
    row = _lock_open(learner, attempt_id)
    kept = row.responses
    if responses is not None and not row.is_over:
        kept = attempt_responses.stored(row, responses)
    outcome = grading.grade(row.contents, kept, row.terms.pass_percentage)
    recording.record([Graded(row.id, outcome, kept, is_timed_out=row.is_over)])
    if outcome.is_passed and row.is_counted:
        progress.complete_held(learner, row.lesson_id)
    return attempt_views.view_of(_submitted(row, outcome, kept))


def _lock_open(learner: Actor, attempt_id: UUID) -> AttemptRow:
    row = attempt_rows.lock_own(learner, attempt_id)
    if row.submitted_at is not None:
        raise AttemptSubmitted
    return row


def _submitted(row: AttemptRow, outcome: grading.AttemptResult, responses: Mapping[str, Any]) -> AttemptRow:
    """The row as it has just been written."""
    return replace(
        row,
        **vars(outcome),
        responses=responses,
        submitted_at=row.expires_at if row.is_over else row.now,
        is_timed_out=row.is_over,
        updated_at=row.now,
        has_open=False,
        has_passed=row.has_passed or (outcome.is_passed and row.is_counted),
    )
