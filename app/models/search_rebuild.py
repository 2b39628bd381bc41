"""The progress of rebuilding a table's text search vectors."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Model


class SearchRebuild(Model):
    """One per table. `last_id` is the last row that was rebuilt, and null when none is left."""

    __tablename__ = "search_rebuilds"

    name: Mapped[str] = mapped_column(primary_key=True)
    form: Mapped[str]
    """how its vectors are made: by which version of our functions, and in which language"""
    last_id: Mapped[UUID | None]
