"""A bulk run and its ledger: each user it was asked about, with the outcome and the reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import one_of, ordered, word
from app.db.session import Identified, Model
from app.enums import AssignmentAction, AssignmentState, EnrollmentStatus, Outcome, Source
from app.models.course import Course
from app.models.user import User


class Assignment(Identified, Model):
    """One run, with its request (`options`) and its result (`counts`, for every outcome). A PREVIEW expires."""

    __tablename__ = "assignments"

    action: Mapped[AssignmentAction] = mapped_column(word(AssignmentAction))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    state: Mapped[AssignmentState] = mapped_column(word(AssignmentState))
    requested: Mapped[int]
    unique: Mapped[int] = mapped_column("unique_count", server_default=text("0"))
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    reason: Mapped[str] = mapped_column(String(1000), server_default="")
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    course: Mapped[Course] = relationship(lazy="raise")
    created_by: Mapped[User] = relationship(lazy="raise")

    __table_args__ = (
        Index("ix_assignments_newest", "created_at", "id"),
        Index("ix_assignments_course_id_newest", "course_id", "created_at", "id"),
        Index("ix_assignments_created_by_id_newest", "created_by_id", "created_at", "id"),
        *ordered(
            "assignments",
            requested="requested",
            state_newest="state & created_at",
            action_newest="action & created_at",
        ),
        CheckConstraint(one_of("action", AssignmentAction), "action"),
        CheckConstraint(one_of("state", AssignmentState), "state"),
    )


class EnrollmentState(NamedTuple):
    """The enrollment of a user in the course, before or after a run."""

    status: EnrollmentStatus
    source: Source | None
    due_at: datetime | None

    @classmethod
    def of(
        cls, status: EnrollmentStatus | None, source: Source | None, due_at: datetime | None
    ) -> EnrollmentState | None:
        """None where there is no enrollment."""
        return None if status is None else cls(status, source, due_at)


class AssignmentItem(Model):
    """One row of a run, in the order of the request, with the enrollment before and after.

    `enrollment_id` has no foreign key: the line is written first and the enrollment after it, from this very line.
    Enrollments are never deleted.
    """

    __tablename__ = "assignment_items"

    assignment_id: Mapped[UUID] = mapped_column(
        ForeignKey("assignments.id", ondelete="CASCADE"), primary_key=True
    )
    row: Mapped[int] = mapped_column(primary_key=True)
    input: Mapped[str] = mapped_column(String(400))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    course_id: Mapped[UUID]
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    code: Mapped[str | None] = mapped_column(String(40))
    enrollment_id: Mapped[UUID | None]
    before_status: Mapped[EnrollmentStatus | None] = mapped_column(word(EnrollmentStatus))
    before_source: Mapped[Source | None] = mapped_column(word(Source))
    before_due_at: Mapped[datetime | None]
    after_status: Mapped[EnrollmentStatus | None] = mapped_column(word(EnrollmentStatus))
    after_source: Mapped[Source | None] = mapped_column(word(Source))
    after_due_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint(one_of("outcome", Outcome), "outcome"),)

    @property
    def before(self) -> EnrollmentState | None:
        return EnrollmentState.of(self.before_status, self.before_source, self.before_due_at)

    @property
    def after(self) -> EnrollmentState | None:
        return EnrollmentState.of(self.after_status, self.after_source, self.after_due_at)
