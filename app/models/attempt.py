"""Counted attempts: failed logins with a name, and requests for a mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, LargeBinary, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Model


class Attempts(Model):
    """The attempts of one kind that still count, by, on or for one key. The key is stored as a hash only."""

    __tablename__ = "attempts"

    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    times: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    is_counted: Mapped[bool] = mapped_column(server_default=true())
    """Whether the last attempt is among `times`; two may come in the same microsecond."""
    forgotten_at: Mapped[datetime] = mapped_column(index=True)
