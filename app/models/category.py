"""A category of the catalogue."""

from __future__ import annotations

from sqlalchemy import Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, query_expression

from app.db.session import Identified, Model, Timestamped


class Category(Identified, Timestamped, Model):
    __tablename__ = "categories"

    ONE_PER_NAME = "uq_categories_name"
    ONE_PER_SLUG = "uq_categories_slug"

    name: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(2000), server_default="")
    icon: Mapped[str] = mapped_column(String(100), server_default="")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))

    course_count: Mapped[int] = query_expression()

    __table_args__ = (
        Index(ONE_PER_NAME, func.lower(name), unique=True),
        Index(ONE_PER_SLUG, slug, unique=True),
    )
