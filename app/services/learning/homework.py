"""The rule of homework: an ASSIGNMENT lesson is completed by a submission, or by its grade (HOMEWORK_COMPLETES)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from app.db.session import db
from app.enums import CompletionRule, LessonType, NextStep, SubmissionState
from app.errors.learning import GradeRequired, SubmissionRequired
from app.models.submission import Submission
from app.settings import settings


def may_be_completed(
    lesson_type: Any, enrollment_id: Any, lesson_id: Any, completes: str
) -> ColumnElement[bool]:
    """Whether the learner may mark the lesson as done, under this value of HOMEWORK_COMPLETES."""
    state = current_state(enrollment_id, lesson_id)
    return or_(lesson_type != LessonType.ASSIGNMENT, state.in_(_completing(completes)))


def current_state(enrollment_id: Any, lesson_id: Any) -> ColumnElement[Any]:
    """The state of the learner's submission that counts; NULL where there is none."""
    return (
        select(Submission.state)
        .where(
            Submission.enrollment_id == enrollment_id,
            Submission.lesson_id == lesson_id,
            Submission.state != SubmissionState.REPLACED,
        )
        .correlate_except(Submission)
        .scalar_subquery()
    )


def completes_when_submitted() -> bool:
    return settings().homework_completes == "submitted"


def refuse_unfinished(enrollment_id: UUID, lesson_id: UUID, lesson_type: LessonType) -> None:
    """Raise what is missing before the learner may mark the lesson as done."""
    if lesson_type != LessonType.ASSIGNMENT:
        return
    state = db.session.scalar(select(current_state(enrollment_id, lesson_id)))
    if state is None:
        raise SubmissionRequired
    if state not in _completing(settings().homework_completes):
        raise GradeRequired


def rule() -> CompletionRule:
    """How an ASSIGNMENT lesson is completed here."""
    return CompletionRule.SUBMIT_HOMEWORK if completes_when_submitted() else CompletionRule.GET_GRADE


def next_step(state: SubmissionState | None) -> NextStep:
    """What the learner does, or waits for, in a lesson that is not completed."""
    if state is None:
        return NextStep.SUBMIT_HOMEWORK
    is_enough = state in _completing(settings().homework_completes)
    return NextStep.COMPLETE_LESSON if is_enough else NextStep.WAIT_FOR_GRADE


def _completing(completes: str) -> tuple[SubmissionState, ...]:
    graded = (SubmissionState.GRADED,)
    return graded if completes == "graded" else (SubmissionState.SUBMITTED, *graded)
