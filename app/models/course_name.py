"""The names that courses are found by, one namespace for slugs and codes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    Select,
    String,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.session import Model
from app.values.identifiers import as_id


class CourseName(Model):
    """A slug or a code in lower case, or a slug that the course had before: another course may take that.

    Triggers on `courses` write these rows (migration 0030), so that no statement gives one name to two courses.
    """

    __tablename__ = "course_names"

    name: Mapped[str] = mapped_column(String(220), primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    is_former: Mapped[bool] = mapped_column(server_default=text("false"))

    __table_args__ = (
        Index("ix_course_names_course_id", "course_id"),
        CheckConstraint('name = lower(name COLLATE "C")', "lower_case"),
    )

    @classmethod
    def id_of(cls, ref: str | UUID) -> ColumnElement[UUID]:
        """The id of the course that a client means by an id, a slug, a code or a former slug, for a filter.

        It does not decide whether the caller may see that course.
        """
        course_id = as_id(ref)
        return cls.select_id(str(ref)).scalar_subquery() if course_id is None else literal(course_id)

    @classmethod
    def select_id(cls, name: str) -> Select[UUID]:
        """The id of the course that has this slug or code."""
        return select(cls.course_id).where(cls.name == cls.spelled(name))

    @classmethod
    def select_named(cls, spelled: ColumnElement[str]) -> ScalarSelect[UUID]:
        """The same for the parameter of a statement that is built once; `spelled` makes its value."""
        return select(cls.course_id).where(cls.name == spelled).scalar_subquery()

    @staticmethod
    def spelled(name: str) -> str:
        """A slug or a code as the names are stored; empty for one that no course can have."""
        # Names are printable ASCII. Beyond it are letters that PostgreSQL or Python would fold to one of them, and NUL,
        # which PostgreSQL takes in no text.
        return name.lower() if name.isascii() and name.isprintable() else ""
