"""The settings of the quiz of one lesson. A lesson without a row has the defaults of its columns."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.columns import one_of, word
from app.db.session import Identified, Model, Timestamped
from app.enums import Reveal

LONGEST_LIMIT_SECONDS = 7 * 24 * 3600
LONGEST_GRACE_SECONDS = 600
MOST_ATTEMPTS = 1_000


class Quiz(Identified, Timestamped, Model):
    """Times are in seconds. `max_attempts` and `time_limit_seconds` are null where there is no limit."""

    __tablename__ = "quizzes"

    ONE_PER_LESSON = "uq_quizzes_lesson_id"

    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id", ondelete="RESTRICT"))
    pass_percentage: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default=text("60"))
    max_attempts: Mapped[int | None]
    time_limit_seconds: Mapped[int | None]
    grace_seconds: Mapped[int] = mapped_column(server_default=text("30"))
    shuffle_questions: Mapped[bool] = mapped_column(server_default=text("false"))
    shuffle_answers: Mapped[bool] = mapped_column(server_default=text("true"))
    reveal: Mapped[Reveal] = mapped_column(word(Reveal), server_default=Reveal.WHEN_DONE)

    __table_args__ = (
        UniqueConstraint("lesson_id", name=ONE_PER_LESSON),
        CheckConstraint("pass_percentage BETWEEN 0 AND 100", "pass_percentage"),
        CheckConstraint(f"max_attempts BETWEEN 1 AND {MOST_ATTEMPTS}", "max_attempts"),
        CheckConstraint(f"time_limit_seconds BETWEEN 1 AND {LONGEST_LIMIT_SECONDS}", "time_limit_seconds"),
        CheckConstraint(f"grace_seconds BETWEEN 0 AND {LONGEST_GRACE_SECONDS}", "grace_seconds"),
        CheckConstraint(one_of("reveal", Reveal), "reveal"),
    )
