"""The enrollment of one user in one course: seat, source, due date, completion."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import one_of, word
from app.db.session import Identified, Model
from app.enums import CancellationReason, EnrollmentStatus, Grade, PaymentStatus, Source
from app.models.course import Course
from app.models.user import User

ALMOST_ALL = Decimal("99.99")
SEAT_HOLDERS = (EnrollmentStatus.ACTIVE, EnrollmentStatus.COMPLETED)


class EnrollmentFacts:
    """What follows from the columns of an enrollment and its lesson counts."""

    __slots__ = ()

    if TYPE_CHECKING:
        status: Any
        completed_at: Any
        lesson_counts: Any
        """how many lessons there are and are done: the required first, then the optional"""

    @property
    def is_completed(self) -> bool:
        """Completed once, even when it was cancelled afterwards."""
        return self.completed_at is not None

    @property
    def is_held(self) -> bool:
        return self.status in SEAT_HOLDERS

    @property
    def _counted(self) -> tuple[int, int]:
        """Lessons that decide about completion, and those of them that are done."""
        required, required_done, optional, optional_done = self.lesson_counts
        return (required, required_done) if required else (optional, optional_done)

    @property
    def total_lessons(self) -> int:
        return self._counted[0]

    @property
    def completed_lessons(self) -> int:
        return self._counted[1]

    @property
    def optional_total(self) -> int:
        return self.lesson_counts[2]

    @property
    def optional_completed(self) -> int:
        return self.lesson_counts[3]

    @property
    def completion_percentage(self) -> Decimal:
        """Two decimals; 100.00 only when all of them are done."""
        total, done = self._counted
        share = Decimal(done * 100) / total if total else Decimal(0)
        rounded = share.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        return rounded if done == total else min(rounded, ALMOST_ALL)


class Enrollment(EnrollmentFacts, Identified, Model):
    """There is one per user and course for ever: leaving cancels it, coming back reactivates it.

    `completion_number` counts completions: 0 before the first. Completed once, `completed_at` stays, whatever is
    added to the course later; only a version of the course that makes earlier completions void opens it again, and sets
    `renewal_required_at` until the next completion.
    """

    __tablename__ = "enrollments"

    ONE_PER_PERSON = "uq_enrollments_course_id_user_id"

    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    status: Mapped[EnrollmentStatus] = mapped_column(
        word(EnrollmentStatus), server_default=EnrollmentStatus.ACTIVE
    )
    source: Mapped[Source] = mapped_column(word(Source))
    assigned_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    due_at: Mapped[datetime | None]
    price_at_enrollment: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    currency: Mapped[str] = mapped_column(String(3))
    payment_status: Mapped[PaymentStatus] = mapped_column(word(PaymentStatus))
    grade: Mapped[Grade | None] = mapped_column(word(Grade))
    completion_number: Mapped[int] = mapped_column(server_default=text("0"))
    enrolled_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    reactivated_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[CancellationReason | None] = mapped_column(word(CancellationReason))
    renewal_required_at: Mapped[datetime | None]
    course_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("course_versions.id", ondelete="RESTRICT")
    )
    last_accessed: Mapped[datetime | None]
    resume_lesson_id: Mapped[UUID | None] = mapped_column(ForeignKey("lessons.id", ondelete="SET NULL"))

    course: Mapped[Course] = relationship(lazy="raise")
    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise")

    __table_args__ = (
        UniqueConstraint("course_id", "user_id", name=ONE_PER_PERSON),
        Index("ix_enrollments_user_id_newest", "user_id", "enrolled_at", "id", postgresql_include=["status"]),
        Index("ix_enrollments_course_id_newest", "course_id", "enrolled_at", "id"),
        Index(
            "ix_enrollments_due_at_active",
            "due_at",
            postgresql_where=text("status = 'ACTIVE' AND due_at IS NOT NULL"),
        ),
        Index(
            "ix_enrollments_course_id_due_at_active",
            "course_id",
            "due_at",
            postgresql_where=text("status = 'ACTIVE' AND due_at IS NOT NULL"),
        ),
        Index(
            "ix_enrollments_course_id_undone",
            "course_id",
            postgresql_where=text("cancellation_reason = 'undone'"),
        ),
        CheckConstraint(one_of("status", EnrollmentStatus), "status"),
        CheckConstraint(one_of("source", Source), "source"),
        CheckConstraint(one_of("payment_status", PaymentStatus), "payment_status"),
        CheckConstraint(one_of("grade", Grade), "grade"),
        CheckConstraint("status <> 'COMPLETED' OR completed_at IS NOT NULL", "completed_has_time"),
        CheckConstraint(
            "(completed_at IS NULL) = (completion_number = 0)"
            " OR (completed_at IS NULL AND renewal_required_at IS NOT NULL)",
            "completion_counted",
        ),
        CheckConstraint("(status = 'CANCELLED') = (cancelled_at IS NOT NULL)", "cancelled_has_time"),
        CheckConstraint(
            "cancellation_reason IS NULL OR "
            f"(status = 'CANCELLED' AND {one_of('cancellation_reason', CancellationReason)})",
            "cancellation_reason",
        ),
    )

    @classmethod
    def holds_seat(cls) -> ColumnElement[bool]:
        return cls.status.in_(SEAT_HOLDERS)

    @classmethod
    def is_begun(cls) -> ColumnElement[bool]:
        """False where the run that began it was undone: for its user there never was an enrollment."""
        return cls.cancellation_reason.is_distinct_from(CancellationReason.UNDONE)

    @classmethod
    def is_undone(cls) -> ColumnElement[bool]:
        """The opposite, in the form that its index has."""
        return cls.cancellation_reason == CancellationReason.UNDONE
