"""A user's request to become an instructor, and an admin's decision about it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from app.db.columns import both_ways, one_of, ordered, word
from app.db.session import Identified, Model, Timestamped
from app.enums import RequestStatus
from app.models.user import User


class InstructorRequest(Identified, Timestamped, Model):
    """An INSTRUCTOR sign-up creates one without any text, so all three may be empty."""

    __tablename__ = "instructor_requests"

    ONE_PENDING = "uq_instructor_requests_pending"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    status: Mapped[RequestStatus] = mapped_column(word(RequestStatus), server_default=RequestStatus.PENDING)
    reason: Mapped[str] = mapped_column(String(5000), server_default="")
    qualifications: Mapped[str] = mapped_column(String(5000), server_default="")
    teaching_interests: Mapped[str] = mapped_column(String(5000), server_default="")
    review_notes: Mapped[str] = mapped_column(String(5000), server_default="")
    reviewed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    reviewed_at: Mapped[datetime | None]

    # Kept by a trigger: the words of the texts, and of the names of the applicant.
    search_vector: Mapped[str] = deferred(
        mapped_column(TSVECTOR, server_default=text("''::tsvector"), nullable=False), raiseload=True
    )

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise", viewonly=True)

    __table_args__ = (
        Index(ONE_PENDING, "user_id", unique=True, postgresql_where=text("status = 'PENDING'")),
        Index("ix_instructor_requests_user_id_newest", "user_id", "created_at", "id"),
        Index("ix_instructor_requests_newest", "created_at", "id"),
        *ordered("instructor_requests", status_newest="status & created_at", **both_ways("reviewed_at")),
        Index("ix_instructor_requests_search_vector", search_vector, postgresql_using="gin"),
        CheckConstraint(one_of("status", RequestStatus), "status"),
        CheckConstraint("(status = 'PENDING') = (reviewed_at IS NULL)", "decided_has_time"),
        CheckConstraint("(reviewed_at IS NULL) = (reviewed_by_id IS NULL)", "decided_has_admin"),
    )

    @property
    def is_pending(self) -> bool:
        return self.status == RequestStatus.PENDING
