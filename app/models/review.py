"""A learner's review of a course: a rating and a comment."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    false,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, column_property, deferred, mapped_column, relationship

from app.db.session import Identified, Model, Timestamped
from app.models.enrollment import Enrollment
from app.models.user import User


class Review(Identified, Timestamped, Model):
    """There is one per learner and course. It outlives the enrollment that allowed it."""

    __tablename__ = "reviews"

    ONE_PER_PERSON = "uq_reviews_course_id_author_id"

    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    rating: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str] = mapped_column(String(2000), server_default="")
    search_vector: Mapped[str] = deferred(
        mapped_column(TSVECTOR, server_default=text("''::tsvector"), nullable=False)
    )

    author: Mapped[User] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("course_id", "author_id", name=ONE_PER_PERSON),
        Index("ix_reviews_newest", "created_at", "id"),
        Index("ix_reviews_rating_newest", "rating", "created_at", "id"),
        Index("ix_reviews_author_id", "author_id"),
        Index("ix_reviews_course_id_newest", "course_id", "created_at", "id"),
        Index("ix_reviews_course_id_rating_newest", "course_id", "rating", "created_at", "id"),
        Index("ix_reviews_search_vector", search_vector, postgresql_using="gin"),
        CheckConstraint("rating BETWEEN 1 AND 5", "rating"),
    )

    # No EXISTS: the planner may execute it by reading all enrollments first.
    is_completed: Mapped[bool] = column_property(
        func.coalesce(
            select(Enrollment.completion_number > 0)
            .where(Enrollment.course_id == course_id, Enrollment.user_id == author_id)
            .scalar_subquery(),
            false(),
        )
    )
