"""A login on one device, and the refresh tokens it has gone through."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.session import Identified, Model
from app.models.user import User


class Session(Identified, Model):
    """Alive until it is ended or its last refresh token expires. Its access tokens are valid no longer than that."""

    __tablename__ = "sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user_agent: Mapped[str] = mapped_column(String(300), server_default="")
    ip_address: Mapped[str] = mapped_column(String(45), server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    last_used_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()

    __table_args__ = (
        Index("ix_sessions_user_id_alive", "user_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_sessions_last_used_at", "last_used_at", "user_id"),
        Index("ix_sessions_over_at", text("LEAST(expires_at, ended_at)")),
    )

    @classmethod
    def is_alive(cls) -> ColumnElement[bool]:
        return and_(cls.ended_at.is_(None), cls.expires_at > func.now())

    @classmethod
    def over_at(cls) -> ColumnElement[datetime]:
        """When it ended, or else when it ends."""
        return func.least(cls.expires_at, cls.ended_at)


class RefreshToken(Identified, Model):
    """One link of a session's chain: spent once, by a compare-and-set on `spent_at`."""

    __tablename__ = "refresh_tokens"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    issued_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    spent_at: Mapped[datetime | None]
