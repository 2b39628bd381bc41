"""The state machine of a course: draft, decision, publication, archive.

Each transition is a compare-and-set under the course's row lock, so of two concurrent ones exactly one succeeds; and each
adds one entry to the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func

from app.db.session import db
from app.enums import CourseAction, CourseStatus
from app.errors.base import Forbidden
from app.errors.catalogue import ApprovalRequired, CourseIncomplete, InvalidTransition
from app.models.caller import Actor
from app.models.course import Course
from app.models.course_change import CourseChange
from app.services.catalogue import course_versions, courses, courses_read
from app.services.catalogue.courses_read import CoursePage
from app.settings import settings

DRAFT, PENDING, APPROVED, REJECTED, PUBLISHED, ARCHIVED = CourseStatus


def submit(owner: Actor, ref: str | UUID, *, at: datetime | None = None) -> CoursePage:
    """Submit the course for a decision; it cannot be edited until then."""
    course = _get_own(owner, ref)
    _refuse_unless_in(course, DRAFT, REJECTED)
    return _move(owner, course, CourseAction.SUBMITTED, PENDING, lessons=_refuse_incomplete(course), at=at)


def withdraw(owner: Actor, ref: str | UUID) -> CoursePage:
    course = _get_own(owner, ref)
    _refuse_unless_in(course, PENDING)
    return _move(owner, course, CourseAction.WITHDRAWN, DRAFT)


def review(
    admin: Actor,
    ref: str | UUID,
    *,
    status: CourseStatus,
    review_notes: str = "",
    at: datetime | None = None,
) -> CoursePage:
    """Decide about a course; an approval may be revised."""
    course = courses.get_managed(admin, ref)
    _refuse_unless_in(course, PENDING, APPROVED)
    if status == course.status:
        raise InvalidTransition(f"The course is already {status}.")
    lessons, decision = 0, _decision(admin, review_notes, at)
    if status == PUBLISHED:
        lessons = _refuse_incomplete(course)
        decision |= _opening(at)
    action = CourseChange.DECISIONS[status]
    return _move(admin, course, action, status, notes=review_notes, lessons=lessons, at=at, values=decision)


def publish(
    actor: Actor, ref: str | UUID, *, override_reason: str = "", at: datetime | None = None
) -> CoursePage:
    """Publish a course. An admin's reason overrides missing content.

    If an admin publishes without an approval, that is the decision; if an owner does, the course counts as not reviewed.
    """
    course = courses.get_managed(actor, ref)
    _refuse_unless_in(course, DRAFT, PENDING, APPROVED, REJECTED)
    if not _may_publish(actor, course):
        raise ApprovalRequired
    lessons = 0 if actor.is_admin and override_reason else _refuse_incomplete(course)
    values = _opening(at)
    if actor.is_admin and course.status != APPROVED:
        values |= _decision(actor, override_reason, at)
    return _move(
        actor,
        course,
        CourseAction.PUBLISHED,
        PUBLISHED,
        notes=override_reason,
        lessons=lessons,
        at=at,
        values=values,
    )


def unpublish(actor: Actor, ref: str | UUID) -> CoursePage:
    course = courses.get_managed(actor, ref)
    _refuse_unless_in(course, PUBLISHED)
    return _move(actor, course, CourseAction.UNPUBLISHED, DRAFT)


def archive(actor: Actor, ref: str | UUID) -> CoursePage:
    course = courses.get_managed(actor, ref)
    _refuse_unless_in(course, PUBLISHED, DRAFT)
    return _move(actor, course, CourseAction.ARCHIVED, ARCHIVED)


def unarchive(actor: Actor, ref: str | UUID) -> CoursePage:
    course = courses.get_managed(actor, ref)
    _refuse_unless_in(course, ARCHIVED)
    return _move(actor, course, CourseAction.UNARCHIVED, DRAFT)


def _get_own(owner: Actor, ref: str | UUID) -> Course:
    """Only the instructor submits and withdraws a course, not an admin."""
    course = courses.get_managed(owner, ref)
    if course.instructor_id != owner.id:
        raise Forbidden("Only the instructor of this course can submit or withdraw it.")
    return course


def _decision(admin: Actor, notes: str, at: datetime | None) -> dict[str, Any]:
    """The columns of a course that hold the last decision of an admin."""
    return {
        "review_notes": notes,
        "reviewed_by_id": admin.id,
        "reviewed_at": at or func.now(),
        "changed_since_review": False,
    }


def _opening(at: datetime | None) -> dict[str, Any]:
    return {"published_at": func.coalesce(Course.published_at, at or func.now())}


def _refuse_unless_in(course: Course, *states: CourseStatus) -> None:
    if course.status not in states:
        *others, last = states
        needed = f"{', '.join(others)} or {last}" if others else last
        raise InvalidTransition(f"The course is {course.status}; this needs {needed}.")


def _refuse_incomplete(course: Course) -> int:
    """Raise an error that names what is missing; return how many lessons must still be there when the state changes."""
    missing = {}
    needed = settings().publish_min_lessons
    if course.lesson_count < needed:
        missing["lessons"] = [f"The course needs at least {_lessons(needed)}; it has {course.lesson_count}."]
    if not (course.description or course.short_description):
        missing["description"] = ["The course is not described."]
    if missing:
        raise CourseIncomplete(details=missing)
    return needed


def _lessons(number: int) -> str:
    return "1 lesson" if number == 1 else f"{number:,} lessons"


def _may_publish(actor: Actor, course: Course) -> bool:
    if actor.is_admin or course.status == APPROVED:
        return True
    trusted = actor.can_self_publish or not settings().course_approval
    return trusted and course.status == DRAFT


def _move(
    actor: Actor,
    course: Course,
    action: CourseAction,
    to: CourseStatus,
    *,
    notes: str = "",
    lessons: int = 0,
    at: datetime | None = None,
    values: Mapping[str, Any] | None = None,
) -> CoursePage:
    before = course.status
    course = courses.lock_managed(actor, course.id)
    if course.status != before:
        raise InvalidTransition(f"The course has just become {course.status}: fetch it again.")
    if course.lesson_count < lessons:
        raise InvalidTransition
    for name, value in {"status": to, **(values or {})}.items():
        setattr(course, name, value)
    courses.record_change(course, actor, action, from_status=before, to_status=to, notes=notes, at=at)
    if to == PUBLISHED:
        course_versions.record(course.id, actor, at=at)
    db.session.flush()
    return courses_read.show(actor, course.id)
