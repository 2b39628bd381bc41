"""Access to courses: who may see, change and lock one, and the history that records every change.

All services get courses here: one that the caller may not see is 404, one that they may not change is 403.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Text,
    and_,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import contains_eager, with_expression
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from app.db.session import db
from app.enums import CourseStatus
from app.errors.base import Forbidden, NotFound
from app.errors.catalogue import CourseUnderReview
from app.models.caller import Actor
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

# The outline of a course. Built once, for pages that visitors wait for.
_SECTIONS = (
    select(Section.id, Section.title, Section.description, Section.position)
    .where(Section.course_id == bindparam("course_id"), Section.deleted_at.is_(None))
    .order_by(Section.position)
)
_LESSONS = (
    select(
        Lesson.id,
        Lesson.section_id,
        Lesson.title,
        Lesson.type,
        Lesson.duration_seconds,
        Lesson.is_preview,
        Lesson.is_required,
        Lesson.position,
    )
    .where(Lesson.course_id == bindparam("course_id"), Lesson.deleted_at.is_(None))
    .order_by(Lesson.position)
)


def get_visible(viewer: Actor | None, ref: str | UUID) -> Course:
    """The course with this id, slug or code, if the viewer may see it."""
    found = select(Course).where(Course.id == CourseName.id_of(ref), course_visible_to(viewer))
    # Counters move in SQL: a course that this session read earlier is read again.
    course = db.session.scalar(found.execution_options(populate_existing=True))
    if course is None:
        raise NotFound
    return course


def get_managed(user: Actor, ref: str | UUID) -> Course:
    """The same, if the user may change it: its instructor, or an admin."""
    course = get_visible(user, ref)
    if not course.managed_by(user):
        raise Forbidden
    return course


def lock(ref: str | UUID, *, even_deleted: bool = False) -> Course:
    """The course as it is now, locked: no other transaction changes its state or seats until this one ends."""
    found = select(Course).where(Course.id == CourseName.id_of(ref))
    if not even_deleted:
        found = found.where(Course.deleted_at.is_(None))
    course = db.session.scalar(
        found.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if course is None:
        raise NotFound
    return course


def lock_managed(user: Actor, ref: str | UUID) -> Course:
    """A locked course that the user may change, also if it has just been given to another instructor."""
    course = lock(get_managed(user, ref).id)
    if not course.managed_by(user):
        raise Forbidden
    return course


def show(viewer: Actor | None, ref: str | UUID, *, publish_refused: str | None = None) -> Course:
    """A course for its own page: with category, instructor and the outline of its lessons."""
    found = (
        select(Course)
        .outerjoin(Category, category_shown_to(viewer))
        .join(User, User.id == Course.instructor_id)
        .where(Course.id == CourseName.id_of(ref), course_visible_to(viewer))
        .options(
            contains_eager(Course.category),
            contains_eager(Course.instructor),
            load_is_enrolled(viewer),
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
    of_course = {"course_id": course_id}
    by_section: dict[UUID, list[RowMapping]] = defaultdict(list)
    for lesson in db.session.execute(_LESSONS, of_course).mappings():
        by_section[lesson["section_id"]].append(lesson)
    return [
        {**section, "lessons": by_section[section["id"]]}
        for section in db.session.execute(_SECTIONS, of_course).mappings()
    ]


def category_shown_to(viewer: Actor | None) -> ColumnElement[bool]:
    """The category to join: that of the course, if the viewer may see it."""
    return and_(Category.id == Course.category_id, shows_category(viewer, category_visible_to(viewer)))


def shows_category(viewer: Actor | None, is_visible: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a course shows its category: one that the viewer may see, and any to the instructor of the course."""
    return is_visible if viewer is None else or_(is_visible, Course.instructor_id == viewer.id)


def load_is_enrolled(viewer: Actor | None) -> ORMOption:
    """Load into `is_enrolled` whether the viewer holds a seat in the course."""
    return with_expression(Course.is_enrolled, false() if viewer is None else course_held_by(viewer))


def _is_managed(viewer: Actor | None) -> ColumnElement[bool]:
    if viewer is None:
        return false()
    return true() if viewer.is_admin else Course.instructor_id == viewer.id


def record_change(
    course: Course,
    actor: Actor,
    action: str,
    *,
    from_status: CourseStatus | None = None,
    to_status: CourseStatus | None = None,
    notes: str = "",
    fields: Iterable[str] = (),
    at: datetime | None = None,
) -> CourseChange:
    """Add an entry to the course's history, and notify the owner; not for records of the past, which give `at`."""
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


def lock_for_edit(actor: Actor, ref: str | UUID) -> Course:
    """A locked course that the actor manages and that may be edited now, including its sections and lessons.

    A change of it is then recorded with `record_edit`; without a change nothing is recorded.
    """
    course = lock_managed(actor, ref)
    refuse_under_review(course)
    return course


def record_edit(actor: Actor, course: Course, fields: Iterable[str]) -> CourseChange:
    """Record a change of a course from `lock_for_edit`. An APPROVED course is a DRAFT again: the change was not reviewed."""
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
    """The id of the course with this id, slug or code, looked up now."""
    return as_id(ref) or db.session.scalar(CourseName.select_id(str(ref)))
