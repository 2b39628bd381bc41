"""Sharded counters of the platform, kept by triggers in the transaction that changes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Model


class Tally(Model):
    """One shard of a counter; the counter is the sum of its shards. `docs/figures.md` lists the names.

    Each backend process of PostgreSQL adds to rows of its own, so no transaction waits for a counter that another one
    changes. Shard 0 holds what was compacted.
    """

    __tablename__ = "tallies"

    name: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    backend: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = ({"postgresql_with": {"fillfactor": "70"}},)
