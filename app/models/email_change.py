"""A request to change an email address: made with the password, and applied once the new mailbox confirms it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Identified, Model


class EmailChange(Identified, Model):
    """Kept for a while after its confirmation, for the notice to the old address. A user has one unconfirmed at a time."""

    __tablename__ = "email_changes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    old_email: Mapped[str] = mapped_column(String(254))
    new_email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    confirmed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_email_changes_user_id", "user_id"),
        Index(
            "uq_email_changes_waiting",
            "user_id",
            unique=True,
            postgresql_where=text("confirmed_at IS NULL"),
        ),
        Index("ix_email_changes_created_at", "created_at"),
    )
