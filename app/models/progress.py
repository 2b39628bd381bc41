"""The progress of one learner in one lesson. The row is created on demand."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE
from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Model


class LessonProgress(Model):
    __tablename__ = "lesson_progress"

    enrollment_id: Mapped[UUID] = mapped_column(
        ForeignKey("enrollments.id", ondelete="RESTRICT"), primary_key=True
    )
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id", ondelete="RESTRICT"), primary_key=True)
    completed_at: Mapped[datetime | None]
    position_seconds: Mapped[int] = mapped_column(server_default=text("0"))
    watched: Mapped[str] = mapped_column(
        INT4MULTIRANGE, server_default=text("'{}'::int4multirange"), deferred=True
    )
    """The seconds of the video that were watched, as PostgreSQL writes them: see `app.values.watched`."""

    watched_at: Mapped[datetime | None] = mapped_column(deferred=True)
    """When the last report about it came."""

    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    __table_args__ = (CheckConstraint("position_seconds >= 0", "position_seconds"),)
