"""Which course somebody may see or change, and the history that every change leaves behind.

Everything that touches a course gets it here: unseen is 404, seen but not one's own is 403.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Text, and_, false, func, literal, or_, select, true
from sqlalchemy.orm import contains_eager, with_expression
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from app.db.session import db
from app.enums import CourseStatus
from app.errors.base import Forbidden, NotFound
from app.errors.catalogue import CourseUnderReview
from app.models.category import Category
from app.models.course import Course
from app.models.course_change import CourseChange
from app.models.course_name import CourseName
from app.models.lesson import Lesson
from app.models.section import Section
from app.models.user import User
from app.models.visibility import category_visible_to, course_held_by, course_visible_to
from app.services.catalogue import course_notices
from app.values.identifiers import as_id

_SECTION_COLUMNS = (Section.id, Section.title, Section.description, Section.position)
_LESSON_COLUMNS = (
    Lesson.id,
    Lesson.section_id,
    Lesson.title,
    Lesson.type,
    Lesson.duration_seconds,
    Lesson.is_preview,
    Lesson.is_required,
    Lesson.position,
)


def get_visible(viewer: User | None, ref: str | UUID) -> Course:
    """The course with this id or name as it is now, if the viewer may see it."""
    found = select(Course).where(Course.id == CourseName.id_of(ref), course_visible_to(viewer))
    # Counters move in SQL: a course that this session read earlier is read again.
    course = db.session.scalar(found.execution_options(populate_existing=True))
    if course is None:
        raise NotFound
    return course


def get_managed(user: User, ref: str | UUID) -> Course:
    """The same for whoever may change it: its instructor, or an admin."""
    course = get_visible(user, ref)
    if not course.managed_by(user):
        raise Forbidden
    return course


def lock(ref: str | UUID, *, even_deleted: bool = False) -> Course:
    """The course as it is now, and nobody else changes its state or seats until the transaction ends."""
    found = select(Course).where(Course.id == CourseName.id_of(ref))
    if not even_deleted:
        found = found.where(Course.deleted_at.is_(None))
    course = db.session.scalar(
        found.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if course is None:
        raise NotFound
    return course


def lock_managed(user: User, ref: str | UUID) -> Course:
    """A locked course that the user may change, also if it has just been given to another instructor."""
    course = lock(get_managed(user, ref).id)
    if not course.managed_by(user):
        raise Forbidden
    return course


def show(viewer: User | None, ref: str | UUID, *, publish_refused: str | None = None) -> Course:
    """A course as its own page shows it: with category, instructor and the outline of its lessons."""
    found = (
        select(Course)
        .outerjoin(Category, on_shelf(viewer))
        .join(User, User.id == Course.instructor_id)
        .where(Course.id == CourseName.id_of(ref), course_visible_to(viewer))
        .options(
            contains_eager(Course.category),
            contains_eager(Course.instructor),
            told_enrolled(viewer),
            with_expression(Course.is_managed, _is_managed(viewer)),
            with_expression(Course.publish_refused, literal(publish_refused, Text)),
        )
        .execution_options(populate_existing=True)
    )
    course = db.session.scalar(found)
    if course is None:
        raise NotFound
    set_committed_value(course, "sections", _outline(course.id))
    return course


def _outline(course_id: UUID) -> list[dict[str, Any]]:
    """The sections in order, each with its lessons in order: two statements, whatever the number of either."""
    lessons = (
        select(*_LESSON_COLUMNS)
        .where(Lesson.course_id == course_id, Lesson.deleted_at.is_(None))
        .order_by(Lesson.position)
    )
    sections = (
        select(*_SECTION_COLUMNS)
        .where(Section.course_id == course_id, Section.deleted_at.is_(None))
        .order_by(Section.position)
    )
    by_section: dict[UUID, list[RowMapping]] = defaultdict(list)
    for lesson in db.session.execute(lessons).mappings():
        by_section[lesson["section_id"]].append(lesson)
    return [
        {**section, "lessons": by_section[section["id"]]}
        for section in db.session.execute(sections).mappings()
    ]


def on_shelf(viewer: User | None) -> ColumnElement[bool]:
    """Which category to join: the course's, if the viewer is told of it."""
    return and_(Category.id == Course.category_id, tells_of_shelf(viewer, category_visible_to(viewer)))


def tells_of_shelf(viewer: User | None, is_visible: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a course tells the viewer of its category: of one they may see, and whoever teaches the course of any."""
    return is_visible if viewer is None else or_(is_visible, Course.instructor_id == viewer.id)


def told_enrolled(viewer: User | None) -> ORMOption:
    """Let each course say whether the viewer holds a seat in it."""
    return with_expression(Course.is_enrolled, false() if viewer is None else course_held_by(viewer))


def _is_managed(viewer: User | None) -> ColumnElement[bool]:
    if viewer is None:
        return false()
    return true() if viewer.is_admin else Course.instructor_id == viewer.id


def record_change(
    course: Course,
    actor: User,
    action: str,
    *,
    from_status: CourseStatus | None = None,
    to_status: CourseStatus | None = None,
    notes: str = "",
    fields: Iterable[str] = (),
    at: datetime | None = None,
) -> CourseChange:
    """One entry of the course's history. Its owner hears of it, unless it is told of long after: `at`."""
    change = CourseChange(
        course_id=course.id,
        actor_id=actor.id,
        action=action,
        from_status=from_status,
        to_status=to_status,
        notes=notes,
        fields=list(fields),
        created_at=at or func.now(),
    )
    db.session.add(change)
    if at is None:
        course_notices.notify_owner(change, course.instructor_id)
    return change


def lock_for_edit(actor: User, ref: str | UUID) -> Course:
    """A locked course that the actor manages and that may be edited now, its sections and lessons included.

    Whoever then changes something says so with `record_edit`; whoever finds nothing to change leaves no trace.
    """
    course = lock_managed(actor, ref)
    refuse_under_review(course)
    return course


def record_edit(actor: User, course: Course, fields: Iterable[str]) -> CourseChange:
    """Note that a course from `lock_for_edit` changes. What was approved was the course before: it is a DRAFT again."""
    before = course.status
    if before == CourseStatus.APPROVED:
        course.status = CourseStatus.DRAFT
    if before == CourseStatus.PUBLISHED:
        course.changed_since_review = True
    return record_change(course, actor, "edited", from_status=before, to_status=course.status, fields=fields)


def refuse_under_review(course: Course) -> None:
    if course.status == CourseStatus.PENDING:
        raise CourseUnderReview


def find_id(ref: str | UUID) -> UUID | None:
    """The id of the course that a client means, looked up now."""
    return as_id(ref) or db.session.scalar(CourseName.select_id(str(ref)))
