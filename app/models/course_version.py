"""The versions of a course: what its content was when it was published, and what a completion was made on."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ScalarSelect,
    String,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.session import Identified, Model
from app.models.user import User

NO_CHANGES = '{"added": [], "removed": [], "changed": []}'


class CourseVersion(Identified, Model):
    """Versions count from 1 within the course, and are never changed.

    `outline` lists the lessons in order, each with `id`, `title`, `type`, `is_required` and a digest of its content;
    `changes` names what was `added`, `removed` and `changed` since the version before. A version that makes earlier
    completions void says when, who decided it, and how many there were.
    """

    __tablename__ = "course_versions"

    ONE_PER_NUMBER = "uq_course_versions_course_id_number"

    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    number: Mapped[int]
    note: Mapped[str] = mapped_column(String(2000), server_default="")
    outline: Mapped[list[Any]] = mapped_column(JSONB)
    digest: Mapped[str] = mapped_column(String(32))
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text(f"'{NO_CHANGES}'::jsonb"))
    published_by_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    voided_at: Mapped[datetime | None]
    voided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    void_reason: Mapped[str] = mapped_column(String(2000), server_default="")
    voided_completions: Mapped[int] = mapped_column(server_default=text("0"))

    published_by: Mapped[User] = relationship(foreign_keys=[published_by_id], lazy="raise")

    @classmethod
    def latest_of(cls, course_id: ColumnElement[UUID] | UUID) -> ScalarSelect[UUID]:
        """The id of the latest version of a course."""
        newest = select(cls.id).where(cls.course_id == course_id).order_by(cls.number.desc()).limit(1)
        return newest.correlate_except(cls).scalar_subquery()

    __table_args__ = (
        UniqueConstraint("course_id", "number", name=ONE_PER_NUMBER),
        CheckConstraint("number >= 1", "number"),
        CheckConstraint("(voided_at IS NULL) = (voided_by_id IS NULL)", "voided_by"),
    )
