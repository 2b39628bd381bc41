"""A part of a course, holding lessons in order."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.session import Identified, Model, Timestamped
from app.models.course import Course


class Section(Identified, Timestamped, Model):
    """Positions count from 1 within the course; a deleted section has none, so that its place is free."""

    __tablename__ = "sections"

    ONE_PER_POSITION = "uq_sections_course_id_position"

    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(5000), server_default="")
    position: Mapped[int | None]
    deleted_at: Mapped[datetime | None]

    course: Mapped[Course] = relationship(lazy="raise")

    __table_args__ = (
        # Deferrable, so that one UPDATE may permute positions: the check comes at the end of the statement.
        UniqueConstraint(
            "course_id", "position", name=ONE_PER_POSITION, deferrable=True, initially="IMMEDIATE"
        ),
        UniqueConstraint("id", "course_id", name="uq_sections_id_course_id"),
        CheckConstraint("position >= 1", "position"),
        CheckConstraint("(position IS NULL) = (deleted_at IS NOT NULL)", "placed_unless_deleted"),
    )
