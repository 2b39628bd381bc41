"""The ledger of a bulk run: each user it was asked about, with the outcome and the enrollment before and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    any_,
    literal,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import one_of, word
from app.db.session import Model
from app.enums import EnrollmentStatus, Outcome, PaymentStatus, Source
from app.models.course import Course
from app.models.user import User


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

    `batch` is the first batch of the chunk that wrote the line in a run that looks back for earlier lines of the same user,
    and 0 in others. `kind`, `sent_due_at` and `sent_course` are what was sent beside `input`.

    What an undo compares and restores: `acted_at`, when the line cancelled or reactivated an enrollment; `after_payment`,
    the payment status that it left; `former`, what a reactivation replaced. A line of an undo has the `former` that it
    restores.

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
    course_id: Mapped[UUID | None]
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    code: Mapped[str | None] = mapped_column(String(40))
    enrollment_id: Mapped[UUID | None]
    before_status: Mapped[EnrollmentStatus | None] = mapped_column(word(EnrollmentStatus))
    before_source: Mapped[Source | None] = mapped_column(word(Source))
    before_due_at: Mapped[datetime | None]
    after_status: Mapped[EnrollmentStatus | None] = mapped_column(word(EnrollmentStatus))
    after_source: Mapped[Source | None] = mapped_column(word(Source))
    after_due_at: Mapped[datetime | None]
    batch: Mapped[int] = mapped_column(server_default=text("0"))
    kind: Mapped[str | None] = mapped_column(String(12))
    sent_due_at: Mapped[str | None] = mapped_column(String(64))
    sent_course: Mapped[str | None] = mapped_column(String(254))
    acted_at: Mapped[datetime | None]
    after_payment: Mapped[PaymentStatus | None] = mapped_column(word(PaymentStatus))
    former: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    user: Mapped[User | None] = relationship(lazy="raise", viewonly=True)
    course: Mapped[Course | None] = relationship(
        primaryjoin="foreign(AssignmentItem.course_id) == Course.id", lazy="raise", viewonly=True
    )

    __table_args__ = (
        # Finds an earlier line of the same user across the chunks of a run; a run of one chunk needs no such look.
        Index(
            "ix_assignment_items_people",
            "user_id",
            "assignment_id",
            "course_id",
            postgresql_where=text("batch > 0 AND user_id IS NOT NULL"),
        ),
        CheckConstraint(one_of("outcome", Outcome), "outcome"),
    )

    @classmethod
    def is_among(cls, rows: Sequence[int] | None) -> ColumnElement[bool]:
        """The lines with these numbers, without repetitions; None means all lines.

        Numbers without a gap are a range: a chunk seldom has others, and thousands of them take longer to send and read.
        """
        if rows is None:
            return true()
        if rows and max(rows) - min(rows) + 1 == len(rows):
            return cls.row.between(min(rows), max(rows))
        return cls.row == any_(literal(list(rows), ARRAY(Integer)))

    @property
    def before(self) -> EnrollmentState | None:
        return EnrollmentState.of(self.before_status, self.before_source, self.before_due_at)

    @property
    def after(self) -> EnrollmentState | None:
        return EnrollmentState.of(self.after_status, self.after_source, self.after_due_at)
