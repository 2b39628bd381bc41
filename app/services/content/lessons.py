"""Writing lessons: creating one or many, changing, moving, reordering and soft-deleting them.

Every write locks the course first, and updates its `lesson_count` in the same transaction. Learners who have completed
all required lessons after the change complete the course in that transaction, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select
from sqlalchemy import update as update_rows

from app.db.session import db, refusing
from app.errors.base import InvalidRequest, NotFound
from app.errors.catalogue import CourseTooLarge, PositionTaken
from app.models.caller import Actor
from app.models.course import Course
from app.models.lesson import Lesson
from app.models.section import Section
from app.services.catalogue import courses
from app.services.content import lessons_delete, lessons_outline, positions, sections
from app.services.learning import completion

MOST_LESSONS = 2_000
"""The limit per course. Its page shows all lessons, some 700 kB with this number."""


def create(
    actor: Actor, *, course_id: str | UUID | None = None, section_id: UUID | None = None, **fields: Any
) -> Lesson:
    """Create a lesson in a section, or in the first section of a course."""
    section = _section_for(actor, course_id, section_id)
    (lesson,) = _add(section, [fields], paths=["position"])
    return lesson


def create_many(
    actor: Actor,
    *,
    lessons: Sequence[Mapping[str, Any]],
    course_id: str | UUID | None = None,
    section_id: UUID | None = None,
) -> list[Lesson]:
    """Create lessons in one section: all of them or none, in a constant number of statements."""
    section = _section_for(actor, course_id, section_id)
    return _add(section, lessons, paths=[f"lessons.{place}.position" for place in range(len(lessons))])


def update(actor: Actor, lesson_id: UUID, **changes: Any) -> Lesson:
    """Change some fields; unchanged values are ignored and not recorded."""
    course, lesson = lock_for_edit(actor, lesson_id)
    if changes.get("section_id", lesson.section_id) != lesson.section_id:
        changes = {"position": _place_in(lesson.course_id, changes["section_id"]), **changes}
    changed = {name: value for name, value in changes.items() if getattr(lesson, name) != value}
    if changed:
        courses.record_edit(actor, course, ["lessons"])
    if "is_required" in changed:
        completion.hold(lesson.course_id)
    with refusing({Lesson.ONE_PER_POSITION: _taken({"position": changes.get("position")})}):
        for name, value in changed.items():
            setattr(lesson, name, value)
    if "is_required" in changed:
        completion.settle_held(lesson.course_id)
    return lesson


def delete(actor: Actor, lesson_id: UUID) -> None:
    course, lesson = lock_for_edit(actor, lesson_id)
    courses.record_edit(actor, course, ["lessons"])
    lessons_delete.remove(lesson.course_id, Lesson.id == lesson.id)


def reorder(actor: Actor, section_id: UUID, order: Sequence[UUID]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Reorder the section and return its outline; an unchanged order is not recorded."""
    course, section = sections.lock_for_edit(actor, section_id)
    if positions.renumber(Lesson, Lesson.section_id == section.id, order):
        courses.record_edit(actor, course, ["lessons"])
    return db.session.execute(lessons_outline.in_section(section.id).order_by(Lesson.position)).all()


def lock_for_edit(actor: Actor, lesson_id: UUID) -> tuple[Course, Lesson]:
    """The lesson as it is now, and its course, which the actor manages and which is locked until the end."""
    present = select(Lesson).where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None))
    course_id = db.session.scalar(present.with_only_columns(Lesson.course_id))
    if course_id is None:
        raise NotFound
    course = courses.lock_for_edit(actor, course_id)
    # Read after the lock: it may have been moved or deleted while this transaction waited.
    lesson = db.session.scalar(present, execution_options={"populate_existing": True})
    if lesson is None:
        raise NotFound
    return course, lesson


def _section_for(actor: Actor, ref: str | UUID | None, section_id: UUID | None) -> Section:
    """Where new lessons go; its course is locked."""
    if section_id is not None:
        course, section = _named_section(actor, section_id)
        if ref is not None and courses.find_id(ref) != section.course_id:
            raise _another_course()
        courses.record_edit(actor, course, ["lessons"])
        return section
    if ref is None:
        raise InvalidRequest(details={"section_id": ["Give either course_id or section_id."]})
    course = courses.lock_for_edit(actor, ref)
    courses.record_edit(actor, course, ["lessons"])
    return sections.first_of(course.id)


def _named_section(actor: Actor, section_id: UUID) -> tuple[Course, Section]:
    """The section that a body names, while the address may name a course."""
    try:
        return sections.lock_for_edit(actor, section_id)
    except NotFound:
        raise NotFound("Section not found.") from None


def _add(section: Section, lessons: Sequence[Mapping[str, Any]], *, paths: Sequence[str]) -> list[Lesson]:
    places = _places(section, [lesson.get("position") for lesson in lessons], paths)
    rows = [
        {**lesson, "position": place, "section_id": section.id, "course_id": section.course_id}
        for lesson, place in zip(lessons, places, strict=True)
    ]
    with refusing({Lesson.ONE_PER_POSITION: PositionTaken()}):
        made = db.session.scalars(insert(Lesson).returning(Lesson), rows).all()
    lesson_count = db.session.execute(
        update_rows(Course)
        .where(Course.id == section.course_id)
        .values(lesson_count=Course.lesson_count + len(rows))
        .returning(Course.lesson_count)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    if lesson_count > MOST_LESSONS:
        raise CourseTooLarge
    return sorted(made, key=lambda lesson: lesson.position or 0)


def _places(section: Section, wanted: Sequence[int | None], paths: Sequence[str]) -> list[int]:
    """A position for each: the requested one, or after all others."""
    present = select(Lesson.position).where(Lesson.section_id == section.id, Lesson.deleted_at.is_(None))
    taken = {place for place in db.session.scalars(present) if place}
    clashes = {}
    for path, place in zip(paths, wanted, strict=True):
        if place in taken:
            clashes[path] = place
        elif place is not None:
            taken.add(place)
    if clashes:
        raise _taken(clashes)
    behind = count(max(taken, default=0) + 1)
    return [place or next(behind) for place in wanted]


def _place_in(course_id: UUID, section_id: UUID) -> int | None:
    """The position after the last lesson of another section of the course."""
    within = select(Section.id).where(
        Section.id == section_id, Section.course_id == course_id, Section.deleted_at.is_(None)
    )
    if db.session.scalar(within) is None:
        raise _another_course()
    return db.session.scalar(select(positions.behind_the_last(Lesson, Lesson.section_id == section_id)))


def _another_course() -> InvalidRequest:
    return InvalidRequest(details={"section_id": ["Not a section of this course."]})


def _taken(clashes: Mapping[str, int | None]) -> PositionTaken:
    return PositionTaken(
        details={path: [f"Another lesson is already at position {place}."] for path, place in clashes.items()}
    )
