"""The names that courses are found by, one namespace for slugs and codes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Model


class CourseName(Model):
    """A slug or a code in lower case, or a slug that the course had before: another course may take that.

    Triggers on `courses` write these rows (migration 0030), so that no statement gives one name to two courses.
    """

    __tablename__ = "course_names"

    name: Mapped[str] = mapped_column(String(220), primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    is_former: Mapped[bool] = mapped_column(server_default=text("false"))

    __table_args__ = (
        Index("ix_course_names_course_id", "course_id"),
        CheckConstraint('name = lower(name COLLATE "C")', "lower_case"),
    )
