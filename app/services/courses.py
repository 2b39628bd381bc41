"""Which course somebody may see or change, and the history that every change leaves behind.

Everything that touches a course gets it here: unseen is 404, seen but not one's own is 403.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from app.db import db
from app.enums import CourseStatus
from app.errors import CourseUnderReview, Forbidden, NotFound
from app.models.course import Course
from app.models.course_change import CourseChange
from app.models.user import User


def get_visible(viewer: User | None, ref: str | UUID) -> Course:
    """The course with this id, slug or code, if the viewer may see it."""
    found = select(Course).where(named(ref), Course.visible_to(viewer))
    course = db.session.scalar(found.order_by((Course.slug == str(ref)).desc()).limit(1))
    if course is None:
        raise NotFound
    return course


def get_managed(user: User, ref: str | UUID) -> Course:
    """The same for whoever may change it: its instructor, or an admin."""
    course = get_visible(user, ref)
    if not course.managed_by(user):
        raise Forbidden
    return course


def lock(course_id: UUID) -> Course:
    """The course as it is now, and nobody else changes its state or seats until the transaction ends."""
    found = select(Course).where(Course.id == course_id, Course.deleted_at.is_(None))
    course = db.session.scalar(
        found.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if course is None:
        raise NotFound
    return course


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
) -> None:
    """One entry of the course's history."""
    db.session.add(
        CourseChange(
            course_id=course.id,
            actor_id=actor.id,
            action=action,
            from_status=from_status,
            to_status=to_status,
            notes=notes,
            fields=list(fields),
            created_at=at or func.now(),
        )
    )


def touch_content(actor: User, course: Course, what: str) -> None:
    """Sections or lessons are about to change: refuse, or let the course say that they did."""
    record_edit(actor, lock(course.id), [what])


def record_edit(actor: User, course: Course, fields: Iterable[str]) -> None:
    """An edit of a locked course. Its approval was for what it was before, so APPROVED returns to DRAFT."""
    refuse_under_review(course)
    before = course.status
    if before == CourseStatus.APPROVED:
        course.status = CourseStatus.DRAFT
    if before == CourseStatus.PUBLISHED:
        course.changed_since_review = True
    record_change(course, actor, "edited", from_status=before, to_status=course.status, fields=fields)


def refuse_under_review(course: Course) -> None:
    if course.status == CourseStatus.PENDING:
        raise CourseUnderReview


def named(ref: str | UUID) -> ColumnElement[bool]:
    """The course that a client means: an id as its own spelling, else a slug or a code."""
    course_id = as_id(ref)
    if course_id is not None:
        return Course.id == course_id
    return or_(Course.slug == str(ref), func.upper(Course.code) == str(ref).upper())


def as_id(ref: str | UUID) -> UUID | None:
    """The UUID that a reference spells out, if it is one."""
    if isinstance(ref, UUID):
        return ref
    try:
        return UUID(ref) if len(ref) == 36 else None
    except ValueError:
        return None
