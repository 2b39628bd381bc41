"""What the platform counts about itself, kept by triggers in the transaction that makes it true."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Model


class Tally(Model):
    """One backend's part of a number; the number is the sum of the parts. `docs/figures.md` lists the names.

    Every server process of PostgreSQL adds to rows of its own, so nobody ever waits for a number that somebody else
    is changing. Part 0 holds what has been folded together.
    """

    __tablename__ = "tallies"

    name: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    backend: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = ({"postgresql_with": {"fillfactor": "70"}},)
