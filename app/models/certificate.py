"""A certificate of completion, verifiable by its number."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Sequence, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import one_of, word
from app.db.session import Identified, Model
from app.enums import Grade
from app.models.course_version import CourseVersion
from app.models.enrollment import Enrollment

status_places = Sequence(
    "certificates_status_index_seq", data_type=BigInteger, minvalue=0, metadata=Model.metadata
)


class Certificate(Identified, Model):
    """Written with each completion, never by a client; title, name and version of the course are those of that day.

    The number holds 128 random bits. `status_index` is the place in the status lists of badges. A certificate is
    superseded when a later version of the course made its completion void: it still proves what it says.
    """

    __tablename__ = "certificates"

    ONE_PER_COMPLETION = "uq_certificates_enrollment_id_completion_number"

    number: Mapped[str] = mapped_column(String(40), server_default=text("certificate_number()"))
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id", ondelete="RESTRICT"))
    completion_number: Mapped[int] = mapped_column(server_default=text("1"))
    course_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("course_versions.id", ondelete="RESTRICT")
    )
    course_title: Mapped[str] = mapped_column(String(200))
    full_name: Mapped[str] = mapped_column(String(201))
    grade: Mapped[Grade | None] = mapped_column(word(Grade))
    issued_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    revocation_reason: Mapped[str] = mapped_column(String(1000), server_default="")
    superseded_at: Mapped[datetime | None]
    status_index: Mapped[int] = mapped_column(BigInteger, server_default=status_places.next_value())

    enrollment: Mapped[Enrollment] = relationship(lazy="raise")
    course_version: Mapped[CourseVersion | None] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("enrollment_id", "completion_number", name=ONE_PER_COMPLETION),
        UniqueConstraint("status_index", name="uq_certificates_status_index"),
        UniqueConstraint("number", name="uq_certificates_number"),
        CheckConstraint(one_of("grade", Grade), "grade"),
    )

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None

    @property
    def public_name(self) -> str | None:
        """The public part. A deleted user is not named; needs enrollment and user to be loaded."""
        return None if self.enrollment.user.is_deleted else self.full_name

    @property
    def is_superseded(self) -> bool:
        return self.superseded_at is not None

    @property
    def version_number(self) -> int | None:
        """The version of the course that was completed; needs it to be loaded. None from before there were versions."""
        return self.course_version.number if self.course_version else None

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None
