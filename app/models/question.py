"""A question of a quiz with its key, and the versions that it has had."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Numeric, String, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.columns import one_of, word
from app.db.session import Identified, Model, Timestamped
from app.enums import QuestionType

LONGEST_TEXT = 10_000
LONGEST_EXPLANATION = 5_000
LONGEST_ALT = 500
MOST_POINTS = 1_000


class Question(Identified, Timestamped, Model):
    """Positions count from 1 within the lesson; a deleted question keeps its versions and loses its place.

    `answers` is the key, a list of `{id, text, credit, feedback, tolerance}`: `services/quizzes/question_rules.py` has the
    rules of each type. `text` is the Markdown as written. `image_id` is a file of kind QUESTION_IMAGE; what is known of it is
    kept here and in the versions, so that nothing is read for it.
    """

    __tablename__ = "questions"

    ONE_PER_POSITION = "ex_questions_lesson_id_position"

    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id", ondelete="RESTRICT"))
    version_id: Mapped[UUID | None]
    type: Mapped[QuestionType] = mapped_column(word(QuestionType))
    text: Mapped[str] = mapped_column(String(LONGEST_TEXT))
    name: Mapped[str] = mapped_column(String(200), server_default="")
    points: Mapped[Decimal] = mapped_column(Numeric(6, 2), server_default=sql("1"))
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    explanation: Mapped[str] = mapped_column(String(LONGEST_EXPLANATION), server_default="")
    partial_credit: Mapped[bool] = mapped_column(server_default=sql("true"))
    case_sensitive: Mapped[bool] = mapped_column(server_default=sql("false"))
    image_id: Mapped[UUID | None]
    image_alt: Mapped[str | None] = mapped_column(String(LONGEST_ALT))
    image_width: Mapped[int | None]
    image_height: Mapped[int | None]
    position: Mapped[int | None]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        # As for lessons: authors who reorder do not block attempts that refer to a question.
        ExcludeConstraint(
            ("lesson_id", "="),
            ("position", "="),
            name=ONE_PER_POSITION,
            using="btree",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        Index("ix_questions_lesson_id_present", "lesson_id", postgresql_where=sql("deleted_at IS NULL")),
        CheckConstraint(one_of("type", QuestionType), "type"),
        CheckConstraint("position >= 1", "position"),
        CheckConstraint(
            "image_alt IS NULL OR (image_id IS NOT NULL AND image_width > 0 AND image_height > 0)", "image"
        ),
        CheckConstraint(f"points > 0 AND points <= {MOST_POINTS}", "points"),
        CheckConstraint("(position IS NULL) = (deleted_at IS NOT NULL)", "placed_unless_deleted"),
    )

    @property
    def image(self) -> dict[str, Any] | None:
        """As a version keeps it."""
        if self.image_alt is None:
            return None
        return {
            "id": str(self.image_id),
            "alt": self.image_alt,
            "width": self.image_width,
            "height": self.image_height,
        }


class QuestionVersion(Identified, Model):
    """What a question said, and its key, from one edit to the next. Attempts refer to versions, which never change."""

    __tablename__ = "question_versions"

    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id", ondelete="RESTRICT"))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))

    __table_args__ = (Index("ix_question_versions_question_id", "question_id"),)

    @classmethod
    def identified(cls) -> ColumnElement[dict[str, Any]]:
        """The content with its own id and that of its question."""
        return cls.content.concat(
            func.jsonb_build_object("question_id", cls.question_id, "version_id", cls.id)
        )
