"""The history of a course: who did what to it, and how its state changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import word
from app.db.session import Identified, Model
from app.enums import CourseAction, CourseStatus
from app.models.user import User

ANSWERED = "from_status = 'PENDING' AND to_status IN ('APPROVED', 'REJECTED', 'PUBLISHED')"
"""A course decision about what was PENDING, as its partial index spells it."""


class CourseChange(Identified, Model):
    """One entry. `action` is one of `CourseAction`; `fields` names what an edit touched."""

    __tablename__ = "course_changes"

    DECISIONS: ClassVar = {
        CourseStatus.APPROVED: CourseAction.APPROVED,
        CourseStatus.REJECTED: CourseAction.REJECTED,
        CourseStatus.PUBLISHED: CourseAction.PUBLISHED,
    }
    """The `action` of an admin's decision, by the status it leads to. Owners who publish a course leave the same action."""

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
    def is_answer(cls) -> ColumnElement[bool]:
        """A course decision about what was PENDING. The course has the time of the last one in `reviewed_at`."""
        return and_(cls.from_status == CourseStatus.PENDING, cls.to_status.in_(cls.DECISIONS))
