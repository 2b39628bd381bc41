"""A certificate of completion, verifiable by its number."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.session import Identified, Model
from app.models.enrollment import Enrollment


class Certificate(Identified, Model):
    """Written with the completion, never by a client; title and name are those of that day.

    The number holds 128 random bits.
    """

    __tablename__ = "certificates"

    ONE_PER_ENROLLMENT = "uq_certificates_enrollment_id"

    number: Mapped[str] = mapped_column(String(40), server_default=text("certificate_number()"))
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id", ondelete="RESTRICT"))
    course_title: Mapped[str] = mapped_column(String(200))
    full_name: Mapped[str] = mapped_column(String(201))
    issued_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    revocation_reason: Mapped[str] = mapped_column(String(1000), server_default="")

    enrollment: Mapped[Enrollment] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("enrollment_id", name=ONE_PER_ENROLLMENT),
        UniqueConstraint("number", name="uq_certificates_number"),
    )

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None

    @property
    def public_name(self) -> str | None:
        """The public part. A deleted user is not named; needs enrollment and user to be loaded."""
        return None if self.enrollment.user.is_deleted else self.full_name

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None
