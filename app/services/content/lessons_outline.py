"""The outline: what every user who sees a course sees of its lessons. The bodies are in `lessons_read`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, func, select

from app.db.keyset import SortKey
from app.db.listings import Listing
from app.models.caller import Actor
from app.models.lesson import Lesson
from app.models.section import Section
from app.services.catalogue import courses
from app.services.content import sections

_COLUMNS = (
    Lesson.id,
    Lesson.section_id,
    Lesson.title,
    Lesson.type,
    Lesson.duration_seconds,
    Lesson.is_preview,
    Lesson.is_required,
)


def list_of_course(viewer: Actor | None, ref: str | UUID) -> Listing:
    """Every lesson in order; `position` counts over the whole course."""
    course = courses.get_visible(viewer, ref)
    place = func.row_number(type_=Integer).over(order_by=(Section.position, Lesson.position))
    rows = (
        select(*_COLUMNS, Section.title.label("section_title"), place.label("position"))
        .join(Section, Section.id == Lesson.section_id)
        .where(Lesson.course_id == course.id, Lesson.deleted_at.is_(None))
        .subquery()
    )
    keys = [SortKey(rows.c.position), SortKey(rows.c.id)]
    return Listing(select(rows), keys, columns=True, total=course.lesson_count)


def list_of_section(viewer: Actor | None, section_id: UUID) -> Listing:
    """The lessons of one section; `position` counts within it."""
    section = sections.get_visible(viewer, section_id)
    return Listing(in_section(section.id), [SortKey(Lesson.position), SortKey(Lesson.id)], columns=True)


def in_section(section_id: UUID) -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS, Lesson.position.label("position")).where(
        Lesson.section_id == section_id, Lesson.deleted_at.is_(None)
    )
