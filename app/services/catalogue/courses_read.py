"""The page of one course: with category, instructor and the outline of its lessons, in one statement."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, Uuid, bindparam, false, func, select, true
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from app.db.statements import Statement
from app.errors.base import NotFound
from app.models.caller import Actor, ViewerKind, as_parameter, kind_of, viewing
from app.models.course import Course
from app.models.course_name import CourseName
from app.models.course_version import CourseVersion
from app.models.lesson import Lesson
from app.models.section import Section
from app.models.user import User
from app.models.visibility import course_visible_to
from app.services.catalogue import course_rows
from app.services.catalogue.course_rows import CourseRow, PersonBrief
from app.values.identifiers import as_id

_INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


@dataclass(slots=True)
class InstructorCard(PersonBrief):
    """An instructor on the page of a course."""

    bio: str | None
    profile_picture: str | None


@dataclass(slots=True)
class CoursePage(CourseRow):
    """A course on its own page. `sections` is its outline: the sections in order, each with its lessons in order."""

    description: str
    preview_video: str | None
    requirements: str
    learning_outcomes: str
    target_audience: str
    who_can_join: str
    review_notes: str
    reviewed_by_id: UUID | None
    reviewed_at: datetime | None
    changed_since_review: bool
    instructor_bio: str | None
    instructor_picture: str | None
    is_managed: bool
    publish_refused: str | None
    version: dict[str, Any] | None
    sections: list[dict[str, Any]]

    @property
    def instructor(self) -> InstructorCard:
        return InstructorCard(
            self.instructor_id,
            self.instructor_username,
            self.instructor_first_name,
            self.instructor_last_name,
            self.instructor_bio,
            self.instructor_picture,
        )


def show(viewer: Actor | None, ref: str | UUID, *, publish_refused: str | None = None) -> CoursePage:
    """A course for its own page."""
    course_id = as_id(ref)
    meant = {"name": CourseName.spelled(str(ref))} if course_id is None else {"course_id": course_id}
    statement = _showing(kind_of(viewer), is_by_id=course_id is not None)
    page = statement.first({**meant, **viewing(viewer), "publish_refused": publish_refused})
    if page is None:
        raise NotFound
    return page


@cache
def _showing(kind: ViewerKind, *, is_by_id: bool) -> Statement[CoursePage]:
    return Statement(lambda: _select(as_parameter(kind), is_by_id=is_by_id), CoursePage)


def _select(viewer: Actor | None, *, is_by_id: bool) -> Select[*tuple[Any, ...]]:
    shown: dict[str, Any] = {
        "instructor_bio": User.bio,
        "instructor_picture": User.profile_picture,
        "is_managed": _is_managed(viewer),
        "publish_refused": bindparam("publish_refused", type_=Text()),
        "version": _version(),
        "sections": _outline(),
    }
    names = [each.name for each in fields(CoursePage)][len(fields(CourseRow)) :]
    columns = [shown[name] if name in shown else getattr(Course, name) for name in names]
    wanted = (
        bindparam("course_id", type_=Uuid())
        if is_by_id
        else CourseName.select_named(bindparam("name", type_=Text()))
    )
    return course_rows.select_for(viewer, *columns).where(Course.id == wanted, course_visible_to(viewer))


def _version() -> ColumnElement[dict[str, Any] | None]:
    """The latest version, as JSON; what changed in it is part of the outline and as public."""
    published_at = func.to_char(func.timezone("UTC", CourseVersion.created_at), _INSTANT).label(
        "published_at"
    )
    latest = _json_of(CourseVersion.number, CourseVersion.note, CourseVersion.changes, published_at)
    return (
        select(latest)
        .where(CourseVersion.course_id == Course.id)
        .order_by(CourseVersion.number.desc())
        .limit(1)
        .correlate(Course)
        .scalar_subquery()
    )


def _outline() -> ColumnElement[list[dict[str, Any]]]:
    """The sections with their lessons, as JSON that PostgreSQL makes."""
    lesson = _json_of(
        Lesson.id,
        Lesson.title,
        Lesson.type,
        Lesson.duration_seconds,
        Lesson.is_preview,
        Lesson.is_required,
        Lesson.position,
    )
    lessons = (
        select(_listed(lesson, Lesson.position))
        .where(Lesson.section_id == Section.id, Lesson.deleted_at.is_(None))
        .correlate(Section)
        .scalar_subquery()
    )
    section = _json_of(
        Section.id, Section.title, Section.description, Section.position, lessons.label("lessons")
    )
    return (
        select(_listed(section, Section.position))
        .where(Section.course_id == Course.id, Section.deleted_at.is_(None))
        .correlate(Course)
        .scalar_subquery()
    )


def _json_of(*columns: Any) -> ColumnElement[Any]:
    return func.json_build_object(*(part for each in columns for part in (each.key, each)), type_=JSON)


def _listed(member: ColumnElement[Any], place: Any) -> ColumnElement[Any]:
    """The members in the order of their places, in a list, which may be empty."""
    return func.coalesce(
        func.json_agg(aggregate_order_by(member, place)), func.json_build_array(), type_=JSON
    )


def _is_managed(viewer: Actor | None) -> ColumnElement[bool]:
    if viewer is None:
        return false()
    return true() if viewer.is_admin else Course.instructor_id == viewer.id
