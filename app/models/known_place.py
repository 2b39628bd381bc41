"""Client addresses from which users have logged in before."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Model


class KnownPlace(Model):
    """An account and an address from which its owner has logged in. The address is stored as a keyed hash only."""

    __tablename__ = "known_places"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    __table_args__ = (Index("ix_known_places_seen_at", "seen_at"),)
