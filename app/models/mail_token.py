"""The single-use token of a mail, which proves access to the mailbox. Only its hash is stored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import one_of, word
from app.db.session import Identified, Model
from app.enums import MailTokenPurpose
from app.models.user import User


class MailToken(Identified, Model):
    """Valid for one purpose, once, until it expires, and while the account still has the address it was mailed to."""

    __tablename__ = "mail_tokens"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    purpose: Mapped[MailTokenPurpose] = mapped_column(word(MailTokenPurpose))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise", viewonly=True)

    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_mail_tokens_unspent", "user_id", postgresql_where=text("spent_at IS NULL")),
        Index("ix_mail_tokens_expires_at", "expires_at"),
        CheckConstraint(one_of("purpose", MailTokenPurpose), "purpose"),
        CheckConstraint("octet_length(token_hash) = 32", "sha256"),
    )
