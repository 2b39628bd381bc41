"""A course of the catalogue, with its state and its seats. Who may see it is in `visibility`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Sequence,
    String,
    cast,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, column_property, deferred, mapped_column, relationship

from app.db.columns import LAST, both_ways, folded, one_of, ordered, word
from app.db.session import Identified, Model, Timestamped
from app.enums import CourseStatus, Level
from app.models.caller import Actor
from app.models.category import Category
from app.models.user import User
from app.values import days

course_codes = Sequence("course_codes", metadata=Model.metadata)

PUBLIC = "status = 'PUBLISHED' AND deleted_at IS NULL"
"""Published and not deleted, as the partial indexes spell it."""

FULL = "(enrollment_count >= total_seats) IS TRUE AND deleted_at IS NULL"
"""Courses without a free seat, as their index spells it. The planner has statistics for IS TRUE, and none for >=."""

TITLE_WORDS = """ts_filter(search_vector, '{a}'::"char"[])"""
"""The words of the title in the search vector, as their index spells them."""

AVERAGE = "round(CAST(rating_sum AS NUMERIC) / CAST(nullif(rating_count, 0) AS NUMERIC), 2)"
"""The average rating, as its indexes spell it."""

_FILTERED_BY = ("deleted_at", "status", "price", "total_seats", "enrollment_count")
"""What lists are filtered by, and what decides who sees a course: counting a category's reads nothing else."""


class ThumbnailNames(NamedTuple):
    """The names of a thumbnail's files in the store, by size."""

    small: str
    medium: str
    large: str


def thumbnail_names(stem: str | None) -> ThumbnailNames | None:
    """:param stem: what their names begin with, as the column has it"""
    if stem is None:
        return None
    return ThumbnailNames(*(f"{stem}-{size}.webp" for size in ThumbnailNames._fields))


class CourseFacts:
    """What follows from the columns of a course, for the entity and for the rows of reads."""

    __slots__ = ()

    if TYPE_CHECKING:
        price: Any
        currency: Any
        total_seats: Any
        enrollment_count: Any
        admission_deadline: Any
        rating_count: Any
        thumbnail: Any

    @property
    def thumbnail_names(self) -> ThumbnailNames | None:
        return thumbnail_names(self.thumbnail)

    @property
    def is_free(self) -> bool:
        return self.price == 0

    @property
    def display_price(self) -> dict[str, str]:
        return {"amount": f"{self.price:.2f}", "currency": self.currency}

    @property
    def available_seats(self) -> int | None:
        """Never below zero, although an admin may exceed the seats; null when unlimited."""
        return None if self.total_seats is None else max(0, self.total_seats - self.enrollment_count)

    @property
    def is_full(self) -> bool:
        return self.available_seats == 0

    @property
    def is_admission_open(self) -> bool:
        """Open through the end of the deadline's day in `TIMEZONE`."""
        return self.admission_deadline is None or days.today() <= self.admission_deadline

    @property
    def total_reviews(self) -> int:
        return self.rating_count


class Course(CourseFacts, Identified, Timestamped, Model):
    """A course. `enrollment_count` counts the seats held: ACTIVE and COMPLETED enrollments.

    `rating_counts` holds how many reviews give one star, two, up to five; `rating_sum` and `rating_count` are their sums.
    What its page and lists show beside these columns is read with their rows: see `app.services.catalogue.course_rows`.
    """

    __tablename__ = "courses"

    ONE_PER_SLUG = "uq_courses_slug"
    ONE_PER_CODE = "uq_courses_code"
    CATEGORY_EXISTS = "fk_courses_category_id"

    code: Mapped[str] = mapped_column(String(40), server_default=text("next_course_code()"))
    slug: Mapped[str] = mapped_column(String(220))
    title: Mapped[str] = mapped_column(String(200))
    short_description: Mapped[str] = mapped_column(String(500), server_default="")
    description: Mapped[str] = mapped_column(String(20_000), server_default="")
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id", ondelete="RESTRICT"))
    instructor_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    level: Mapped[Level] = mapped_column(word(Level), server_default=Level.BEGINNER)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2), server_default=text("0"))
    currency: Mapped[str] = mapped_column(String(3))
    thumbnail: Mapped[str | None] = mapped_column(String(500))
    preview_video: Mapped[str | None] = mapped_column(String(2000))
    duration_hours: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    requirements: Mapped[str] = mapped_column(String(5000), server_default="")
    learning_outcomes: Mapped[str] = mapped_column(String(5000), server_default="")
    target_audience: Mapped[str] = mapped_column(String(5000), server_default="")
    who_can_join: Mapped[str] = mapped_column(String(5000), server_default="")
    class_starts: Mapped[date | None]
    admission_deadline: Mapped[date | None]
    schedule: Mapped[str] = mapped_column(String(1000), server_default="")
    venue: Mapped[str] = mapped_column(String(500), server_default="")
    total_seats: Mapped[int | None]
    enforce_order: Mapped[bool] = mapped_column(server_default=text("false"))
    status: Mapped[CourseStatus] = mapped_column(word(CourseStatus), server_default=CourseStatus.DRAFT)
    review_notes: Mapped[str] = mapped_column(String(5000), server_default="")
    reviewed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    reviewed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    changed_since_review: Mapped[bool] = mapped_column(server_default=text("false"))
    deleted_at: Mapped[datetime | None]

    enrollment_count: Mapped[int] = mapped_column(server_default=text("0"))
    lesson_count: Mapped[int] = mapped_column(server_default=text("0"))
    rating_sum: Mapped[int] = mapped_column(server_default=text("0"))
    rating_count: Mapped[int] = mapped_column(server_default=text("0"))
    rating_counts: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), server_default=text("'{0,0,0,0,0}'::integer[]")
    )
    search_vector: Mapped[str] = deferred(
        mapped_column(TSVECTOR, server_default=text("''::tsvector"), nullable=False)
    )

    average_rating: Mapped[Decimal | None] = column_property(
        func.round(cast(rating_sum, Numeric) / func.nullif(rating_count, 0), 2, type_=Numeric(3, 2))
    )

    category: Mapped[Category | None] = relationship(lazy="raise")
    instructor: Mapped[User] = relationship(foreign_keys=[instructor_id], lazy="raise")

    __table_args__ = (
        Index(ONE_PER_SLUG, slug, unique=True),
        Index(ONE_PER_CODE, func.upper(code), unique=True),
        Index("ix_courses_search_vector", search_vector, postgresql_using="gin"),
        Index("ix_courses_title_words", text(TITLE_WORDS), postgresql_using="gin"),
        Index("ix_courses_newest", "created_at", "id", postgresql_where=text("deleted_at IS NULL")),
        Index("ix_courses_public_newest", "created_at", "id", postgresql_where=text(PUBLIC)),
        Index(
            "ix_courses_price",
            "price",
            "id",
            postgresql_where=text("deleted_at IS NULL"),
            postgresql_include=["status", "instructor_id"],
        ),
        *ordered(
            "courses",
            "deleted_at IS NULL",
            enrollment_count="enrollment_count",
            title=folded("title"),
            status_newest="status & created_at",
            level_newest="level & created_at",
            category_enrollment_count="category_id & enrollment_count",
            category_price="category_id & price",
            category_title=f"category_id & {folded('title')}",
            instructor_title=f"instructor_id & {folded('title')}",
            category_average_rating_last=f"category_id & {AVERAGE}{LAST}",
            **both_ways("published_at"),
            **both_ways("class_starts"),
            **both_ways("admission_deadline"),
            **both_ways("average_rating", AVERAGE),
        ),
        Index(
            "ix_courses_category_id_newest",
            "category_id",
            "created_at",
            "id",
            postgresql_include=[*_FILTERED_BY, "instructor_id"],
        ),
        Index(
            "ix_courses_category_id_level_newest",
            "category_id",
            "level",
            "created_at",
            "id",
            postgresql_include=[*_FILTERED_BY, "instructor_id"],
        ),
        Index(
            "ix_courses_instructor_id_newest",
            "instructor_id",
            "created_at",
            "id",
            postgresql_include=[*_FILTERED_BY, "level"],
        ),
        Index("ix_courses_deleted", "id", postgresql_where=text("deleted_at IS NOT NULL")),
        Index(
            "ix_courses_full_newest",
            "created_at",
            "id",
            postgresql_where=text(FULL),
            postgresql_include=["status", "instructor_id"],
        ),
        CheckConstraint(one_of("status", CourseStatus), "status"),
        CheckConstraint(one_of("level", Level), "level"),
        CheckConstraint("price >= 0", "price"),
        CheckConstraint("total_seats >= 1", "total_seats"),
        CheckConstraint("enrollment_count >= 0 AND lesson_count >= 0", "counters"),
        CheckConstraint("class_starts >= admission_deadline", "starts_after_deadline"),
    )

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    def managed_by(self, user: Actor) -> bool:
        return user.is_admin or self.instructor_id == user.id
