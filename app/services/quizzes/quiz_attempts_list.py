"""The attempts at a quiz: one's own, and those of all learners for users who manage the course."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.db.listings import Listing, ordered_by
from app.enums import QuizAttemptState
from app.models import Enrollment, QuizAttempt, User
from app.models.caller import Actor
from app.services.catalogue.course_rows import PersonBrief
from app.services.content import lessons_read
from app.services.quizzes.questions import is_managed

_ORDERINGS = {"started_at": QuizAttempt.started_at, "score": QuizAttempt.score}


@dataclass(slots=True)
class AttemptBrief:
    id: UUID
    lesson_id: UUID
    enrollment_id: UUID
    number: int
    started_at: datetime
    expires_at: datetime | None
    submitted_at: datetime | None
    is_timed_out: bool
    points: Decimal | None
    max_points: Decimal | None
    score: Decimal | None
    is_passed: bool | None
    superseded_at: datetime | None
    user_id: UUID
    username: str
    first_name: str
    last_name: str

    @property
    def user(self) -> PersonBrief:
        return PersonBrief(self.user_id, self.username, self.first_name, self.last_name)

    @property
    def state(self) -> QuizAttemptState:
        return QuizAttemptState.IN_PROGRESS if self.submitted_at is None else QuizAttemptState.SUBMITTED


def list_of_lesson(
    viewer: Actor,
    lesson_id: UUID,
    *,
    user_id: UUID | None = None,
    state: QuizAttemptState | None = None,
    is_passed: bool | None = None,
    ordering: str = "-started_at",
) -> Listing:
    lesson = lessons_read.get_readable(viewer, lesson_id)
    wanted: list[Any] = [QuizAttempt.lesson_id == lesson.id]
    if not is_managed(viewer, lesson.course_id):
        wanted.append(Enrollment.user_id == viewer.id)
    if user_id is not None:
        wanted.append(Enrollment.user_id == user_id)
    if state is not None:
        submitted = QuizAttempt.submitted_at
        is_open = state == QuizAttemptState.IN_PROGRESS
        wanted.append(submitted.is_(None) if is_open else submitted.is_not(None))
    if is_passed is not None:
        wanted.append(QuizAttempt.is_passed.is_(is_passed))
    statement = (
        select(
            QuizAttempt.id,
            QuizAttempt.lesson_id,
            QuizAttempt.enrollment_id,
            QuizAttempt.number,
            QuizAttempt.started_at,
            QuizAttempt.expires_at,
            QuizAttempt.submitted_at,
            QuizAttempt.is_timed_out,
            QuizAttempt.points,
            QuizAttempt.max_points,
            QuizAttempt.score,
            QuizAttempt.is_passed,
            QuizAttempt.superseded_at,
            Enrollment.user_id,
            User.username,
            User.first_name,
            User.last_name,
        )
        .join(Enrollment, Enrollment.id == QuizAttempt.enrollment_id)
        .join(User, User.id == Enrollment.user_id)
        .where(*wanted)
    )
    keys = ordered_by(ordering, _ORDERINGS, QuizAttempt.id, nullable=("score",))
    return Listing(statement, keys, into=AttemptBrief)
