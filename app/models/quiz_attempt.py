"""One learner's attempts at the quiz of a lesson, and the best score of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Numeric,
    UniqueConstraint,
    Uuid,
    exists,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Identified, Model
from app.enums import QuizAttemptState


class QuizAttempt(Identified, Model):
    """It refers to the versions of its questions, so that editing a question changes nothing of it.

    `version_ids` are in the order in which the questions are shown, and `orders` has, by question, the ids of its answers
    as they are shown. `responses` and `results` are by question, too. All is written under the lock of the enrollment.
    A superseded one no longer counts: a later version of the course asked for the quiz to be done again.
    """

    __tablename__ = "quiz_attempts"

    ONE_PER_NUMBER = "uq_quiz_attempts_enrollment_id_lesson_id_number"
    ONE_OPEN = "ix_quiz_attempts_open"

    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id", ondelete="RESTRICT"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id", ondelete="RESTRICT"))
    number: Mapped[int]
    version_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    orders: Mapped[dict[str, Any]] = mapped_column(JSONB)
    responses: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    results: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    started_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime | None]
    grace_seconds: Mapped[int] = mapped_column(server_default=text("0"))
    submitted_at: Mapped[datetime | None]
    is_timed_out: Mapped[bool] = mapped_column(server_default=text("false"))
    points: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    max_points: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    score: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    is_passed: Mapped[bool | None]
    graded_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), onupdate=text("now()"))

    __table_args__ = (
        UniqueConstraint("enrollment_id", "lesson_id", "number", name=ONE_PER_NUMBER),
        Index(
            ONE_OPEN, "enrollment_id", "lesson_id", unique=True, postgresql_where=text("submitted_at IS NULL")
        ),
        Index(
            "ix_quiz_attempts_expiring",
            "expires_at",
            postgresql_where=text("submitted_at IS NULL AND expires_at IS NOT NULL"),
        ),
        Index("ix_quiz_attempts_lesson_id_newest", "lesson_id", "started_at", "id"),
        CheckConstraint("number >= 1", "number"),
        CheckConstraint("score BETWEEN 0 AND 100", "score"),
        CheckConstraint(
            "num_nulls(submitted_at, results, points, max_points, score, is_passed) IN (0, 6)", "graded"
        ),
    )

    @classmethod
    def counts(cls) -> ColumnElement[bool]:
        """Whether it counts towards the limit of attempts and the best score."""
        return cls.superseded_at.is_(None)

    @property
    def state(self) -> QuizAttemptState:
        return QuizAttemptState.IN_PROGRESS if self.submitted_at is None else QuizAttemptState.SUBMITTED


class QuizScore(Model):
    """The best score of one learner in the quiz of a lesson, and when it was first passed."""

    __tablename__ = "quiz_scores"

    enrollment_id: Mapped[UUID] = mapped_column(
        ForeignKey("enrollments.id", ondelete="RESTRICT"), primary_key=True
    )
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id", ondelete="RESTRICT"), primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    best_score: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    passed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_quiz_scores_lesson_id", "lesson_id"),
        CheckConstraint("best_score BETWEEN 0 AND 100", "best_score"),
    )

    @classmethod
    def is_passed_by(cls, enrollment_id: Any, lesson_id: Any) -> ColumnElement[bool]:
        return exists().where(
            cls.enrollment_id == enrollment_id, cls.lesson_id == lesson_id, cls.passed_at.is_not(None)
        )
