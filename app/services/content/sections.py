"""Sections of a course, in order. Users who see the course see them; users who manage it change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.db.keyset import SortKey
from app.db.listings import Listing
from app.db.session import db, refusing
from app.errors.base import NotFound
from app.errors.catalogue import CourseTooLarge, PositionTaken
from app.models.caller import Actor
from app.models.course import Course
from app.models.lesson import Lesson
from app.models.section import Section
from app.models.visibility import course_visible_to
from app.services.catalogue import courses
from app.services.content import lessons_delete, positions

FIRST_TITLE = "Lessons"
"""The title of the section that is created for a lesson without one."""

MOST_SECTIONS = 500
"""The limit per course. Its page shows all sections."""


def list_of_course(viewer: Actor | None, ref: str | UUID) -> Listing:
    course = courses.get_visible(viewer, ref)
    present = select(Section).where(Section.course_id == course.id, Section.deleted_at.is_(None))
    return Listing(present, [SortKey(Section.position), SortKey(Section.id)])


def get_visible(viewer: Actor | None, section_id: UUID) -> Section:
    found = select(Section).join(Course, Course.id == Section.course_id)
    section = db.session.scalar(
        found.where(Section.id == section_id, Section.deleted_at.is_(None), course_visible_to(viewer))
    )
    if section is None:
        raise NotFound
    return section


def lock_for_edit(actor: Actor, section_id: UUID) -> tuple[Course, Section]:
    """The section as it is now, and its course, which the actor manages and which is locked until the end."""
    course_id = db.session.scalar(
        select(Section.course_id).where(Section.id == section_id, Section.deleted_at.is_(None))
    )
    if course_id is None:
        raise NotFound
    course = courses.lock_for_edit(actor, course_id)
    # Read after the lock: it may have been deleted while this transaction waited.
    present = select(Section).where(Section.id == section_id, Section.deleted_at.is_(None))
    section = db.session.scalar(present, execution_options={"populate_existing": True})
    if section is None:
        raise NotFound
    return course, section


def create(
    actor: Actor, ref: str | UUID, *, title: str, description: str = "", position: int | None = None
) -> Section:
    course = courses.lock_for_edit(actor, ref)
    courses.record_edit(actor, course, ["sections"])
    return _add(course.id, title, description, position)


def first_of(course_id: UUID) -> Section:
    """The first section of a locked course, created if there is none."""
    present = select(Section).where(Section.course_id == course_id, Section.deleted_at.is_(None))
    first = db.session.scalar(present.order_by(Section.position).limit(1))
    return first or _add(course_id, FIRST_TITLE, "", None)


def update(actor: Actor, section_id: UUID, **changes: Any) -> Section:
    """Change some fields; unchanged values are ignored and not recorded."""
    course, section = lock_for_edit(actor, section_id)
    changed = {name: value for name, value in changes.items() if getattr(section, name) != value}
    if changed:
        courses.record_edit(actor, course, ["sections"])
    with refusing({Section.ONE_PER_POSITION: _taken(changed.get("position"))}):
        for name, value in changed.items():
            setattr(section, name, value)
    return section


def delete(actor: Actor, section_id: UUID) -> None:
    """Soft-delete the section and its lessons; the progress of learners is kept."""
    course, section = lock_for_edit(actor, section_id)
    courses.record_edit(actor, course, ["sections"])
    lessons_delete.remove(section.course_id, Lesson.section_id == section.id)
    section.deleted_at = func.now()
    section.position = None


def reorder(actor: Actor, ref: str | UUID, order: Sequence[UUID]) -> Sequence[Section]:
    """Put the sections in this order; an unchanged order is not recorded."""
    course = courses.lock_for_edit(actor, ref)
    if positions.renumber(Section, Section.course_id == course.id, order):
        courses.record_edit(actor, course, ["sections"])
    present = select(Section).where(Section.course_id == course.id, Section.deleted_at.is_(None))
    return db.session.scalars(present.order_by(Section.position)).all()


def _add(course_id: UUID, title: str, description: str, position: int | None) -> Section:
    place = position or positions.behind_the_last(Section, Section.course_id == course_id)
    section = Section(course_id=course_id, title=title, description=description, position=place)
    with refusing({Section.ONE_PER_POSITION: _taken(position)}):
        db.session.add(section)
    present = select(func.count()).where(Section.course_id == course_id, Section.deleted_at.is_(None))
    if (db.session.scalar(present) or 0) > MOST_SECTIONS:
        raise CourseTooLarge
    return section


def _taken(position: int | None) -> PositionTaken:
    return PositionTaken(details={"position": [f"Another section is already at position {position}."]})
