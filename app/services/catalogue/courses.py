"""Access to courses: who may see, change and lock one, and the history that records every change.

Services get courses here: one that the caller may not see is 404, one that they may not change is 403. Its page and an
enrollment decide in their own statements: `courses_read`, `learning.enrolling`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    func,
    select,
)

from app.db.session import db
from app.enums import CourseAction, CourseStatus
from app.errors.base import NotFound
from app.errors.catalogue import CourseUnderReview, NotCourseManager
from app.models.caller import Actor
from app.models.course import Course
from app.models.course_change import CourseChange
from app.models.course_name import CourseName
from app.models.visibility import course_visible_to
from app.services.catalogue import course_notices
from app.values.identifiers import as_id


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
        raise NotCourseManager
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
        raise NotCourseManager
    return course


def record_change(
    course: Course,
    actor: Actor,
    action: CourseAction,
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
    return record_change(
        course, actor, CourseAction.EDITED, from_status=before, to_status=course.status, fields=fields
    )


def refuse_under_review(course: Course) -> None:
    if course.status == CourseStatus.PENDING:
        raise CourseUnderReview


def find_id(ref: str | UUID) -> UUID | None:
    """The id of the course with this id, slug or code, looked up now."""
    return as_id(ref) or db.session.scalar(CourseName.select_id(str(ref)))
