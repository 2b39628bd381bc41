"""The history of a course: who did what to it, and what became of its state."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, or_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified, Model
from app.enums import CourseStatus
from app.models.columns import word
from app.models.user import User

ANSWERED = "from_status = 'PENDING' AND to_status IN ('APPROVED', 'REJECTED', 'PUBLISHED')"
"""A course decision about what was PENDING, as its partial index spells it."""


class CourseChange(Identified, Model):
    """One entry. `action` is a verb (`created`, `submitted`, `edited` …); `fields` names what an edit touched."""

    __tablename__ = "course_changes"

    DECISIONS: ClassVar = {
        CourseStatus.APPROVED: "approved",
        CourseStatus.REJECTED: "rejected",
        CourseStatus.PUBLISHED: "published",
    }
    """The `action` of an admin's decision, by where it leads. What owners publish themselves is called the same."""

    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    action: Mapped[str] = mapped_column(String(40))
    from_status: Mapped[CourseStatus | None] = mapped_column(word(CourseStatus))
    to_status: Mapped[CourseStatus | None] = mapped_column(word(CourseStatus))
    notes: Mapped[str] = mapped_column(String(5000), server_default="")
    fields: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    actor: Mapped[User] = relationship(lazy="raise")

    __table_args__ = (
        Index("ix_course_changes_course_id_newest", "course_id", "created_at", "id"),
        Index("ix_course_changes_decided", "created_at", postgresql_where=text(ANSWERED)),
    )

    @classmethod
    def is_decision(cls) -> ColumnElement[bool]:
        """A step that only an admin takes: an answer to what is PENDING, or another one later.

        To publish a draft, or what was approved, may be the owner's own step, and is none.
        """
        is_named_so = and_(cls.action.in_(cls.DECISIONS.values()), cls.to_status.in_(cls.DECISIONS))
        is_answer = cls.from_status.in_((CourseStatus.PENDING, CourseStatus.REJECTED))
        return and_(is_named_so, or_(is_answer, cls.to_status == CourseStatus.REJECTED))
