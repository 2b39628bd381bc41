"""The columns that lists and pages show of a course, and the rows that are read with them.

A row has what the columns say and, by `CourseFacts`, what follows from them: the schemas show rows and entities alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from app.enums import CourseStatus, Level
from app.models.caller import Actor
from app.models.category import Category
from app.models.course import Course, CourseFacts
from app.models.user import User
from app.models.visibility import category_visible_to, course_held_by


class CategoryBrief(NamedTuple):
    id: UUID
    name: str
    slug: str


@dataclass(slots=True)
class PersonBrief:
    """The public names of a user."""

    id: UUID
    username: str
    first_name: str
    last_name: str

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class CourseRow(CourseFacts):
    """A course in a list."""

    id: UUID
    code: str
    slug: str
    title: str
    short_description: str
    instructor_id: UUID
    level: Level
    price: Decimal
    currency: str
    thumbnail: str | None
    duration_hours: Decimal | None
    class_starts: date | None
    admission_deadline: date | None
    schedule: str
    venue: str
    total_seats: int | None
    enforce_order: bool
    status: CourseStatus
    enrollment_count: int
    lesson_count: int
    rating_count: int
    average_rating: Decimal | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    is_enrolled: bool
    category_id: UUID | None
    category_name: str
    category_slug: str
    instructor_username: str
    instructor_first_name: str
    instructor_last_name: str

    @property
    def category(self) -> CategoryBrief | None:
        """None as well where the viewer may not see it."""
        if self.category_id is None:
            return None
        return CategoryBrief(self.category_id, self.category_name, self.category_slug)

    @property
    def instructor(self) -> PersonBrief:
        return PersonBrief(
            self.instructor_id,
            self.instructor_username,
            self.instructor_first_name,
            self.instructor_last_name,
        )


_OF_OTHERS = {
    "category_id": Category.id,
    "category_name": Category.name,
    "category_slug": Category.slug,
    "instructor_username": User.username,
    "instructor_first_name": User.first_name,
    "instructor_last_name": User.last_name,
}


def columns_for(viewer: Actor | None) -> Sequence[ColumnElement[Any]]:
    """The columns of a `CourseRow`, in their order."""
    others = {**_OF_OTHERS, "is_enrolled": false() if viewer is None else course_held_by(viewer)}
    names = [each.name for each in fields(CourseRow)]
    return [(others[name] if name in others else getattr(Course, name)).label(name) for name in names]


def select_for(viewer: Actor | None, *further: Any) -> Select[*tuple[Any, ...]]:
    """Courses with category and instructor, as rows of the columns above and these."""
    return (
        select(*columns_for(viewer), *further)
        .select_from(Course)
        .outerjoin(Category, _category_shown_to(viewer))
        .outerjoin(User, User.id == Course.instructor_id)
    )


def shows_category(viewer: Actor | None, is_visible: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a course shows its category: one that the viewer may see, and any to the instructor of the course."""
    return is_visible if viewer is None else or_(is_visible, Course.instructor_id == viewer.id)


def _category_shown_to(viewer: Actor | None) -> ColumnElement[bool]:
    """The category to join: that of the course, if the viewer may see it."""
    return and_(Category.id == Course.category_id, shows_category(viewer, category_visible_to(viewer)))
