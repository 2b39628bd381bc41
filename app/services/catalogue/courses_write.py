"""Making, changing and deleting courses.

What is published stays published while it is edited, and says that it changed; what waits for a decision is frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, select

from app.db.session import db, refusing, savepoint
from app.enums import EnrollmentStatus, Role
from app.errors.base import Forbidden, InvalidRequest, Refusal
from app.errors.catalogue import CodeTaken, CourseInUse, SlugTaken
from app.errors.learning import AlreadyEnrolled
from app.errors.requests import Unavailable
from app.models.category import Category
from app.models.course import Course
from app.models.course_name import CourseName
from app.models.enrollment import Enrollment
from app.models.user import User
from app.models.visibility import category_visible_to
from app.services.catalogue import course_notices, courses, courses_workflow, slugs
from app.services.search import courses_search
from app.settings import settings
from app.values import days

DATES = ("class_starts", "admission_deadline")
NO_CATEGORY = "There is no such category."


def create(actor: User, *, publish: bool = False, at: datetime | None = None, **values: Any) -> Course:
    """A draft of one's own. Wanting it published at once is a wish: a refusal of it is told, the draft stays.

    `at` is when it happened, for records from elsewhere.
    """
    _refuse_for_others(actor, values, "code", "instructor_id")
    values = {"instructor_id": actor.id, **values, "currency": values.get("currency") or _currency()}
    _hold(values["instructor_id"])
    _check(actor, values, changed=values, at=at)
    if at is not None:
        values |= {"created_at": at, "updated_at": at}
    course_id = _insert(values)
    course = db.session.get_one(Course, course_id)
    courses.record_change(course, actor, "created", to_status=course.status, at=at)
    courses_search.index_locked(course_id)
    refused = _publish(actor, course_id, at=at) if publish else None
    return courses.show(actor, course_id, publish_refused=refused)


def update(actor: User, ref: str | UUID, **changes: Any) -> Course:
    """Change some fields; values that are as they were change nothing and leave no trace."""
    if actor.is_admin and "instructor_id" in changes:
        _hold(changes["instructor_id"])
    course = courses.lock_for_edit(actor, ref)
    if changes.get("currency", "") is None:
        changes["currency"] = _currency()
    changed = {name: value for name, value in changes.items() if getattr(course, name) != value}
    _refuse_for_others(actor, changed, "instructor_id")
    _check(actor, {**_relevant(course), **changed}, changed=changed)
    if "instructor_id" in changed:
        _refuse_learner(course, changed["instructor_id"])
    if changed:
        _apply(actor, course, changed)
    return courses.show(actor, course.id)


def delete(actor: User, ref: str | UUID, *, force: bool = False) -> None:
    """Take a course out of sight; every learner's record stays. Only an admin's insistence overrides learners."""
    course = courses.lock_managed(actor, ref)
    courses.refuse_under_review(course)
    learning = exists().where(Enrollment.course_id == course.id, Enrollment.status == EnrollmentStatus.ACTIVE)
    if not (force and actor.is_admin) and db.session.scalar(select(learning)):
        raise CourseInUse
    course.deleted_at = func.now()
    courses.record_change(course, actor, "deleted", from_status=course.status)


def _insert(values: dict[str, Any]) -> UUID:
    """Write the row under the first free slug and code; a chosen one that is taken is refused.

    Where a course that is made at the same moment takes an automatic one first, the next is tried.
    """
    for _ in range(slugs.TRIES):
        slug = values.get("slug") or slugs.choose(CourseName.name, values["title"], otherwise="course")
        try:
            return _write({**values, "slug": slug})
        except (SlugTaken, CodeTaken) as refusal:
            if values.get("slug" if isinstance(refusal, SlugTaken) else "code"):
                raise
    raise Unavailable


def _write(values: dict[str, Any]) -> UUID:
    row = insert(Course).values(values).returning(Course.id)
    with savepoint(), refusing({**_names_taken(), **_category_gone()}):
        return db.session.execute(row).scalar_one()


def _apply(actor: User, course: Course, changed: Mapping[str, Any]) -> None:
    edit = courses.record_edit(actor, course, sorted(changed))
    with refusing({**_names_taken(), **_category_gone()}):
        for name, value in changed.items():
            setattr(course, name, value)
    if "instructor_id" in changed:
        course_notices.notify_owner(edit, changed["instructor_id"])
    if courses_search.SOURCES & set(changed):
        courses_search.index_locked(course.id)


def _publish(actor: User, course_id: UUID, *, at: datetime | None) -> str | None:
    """The reason code of a refusal. Publishing refuses before it writes, so the draft is as it was."""
    try:
        courses_workflow.publish(actor, course_id, at=at)
    except Refusal as refusal:
        return refusal.code
    return None


def _refuse_for_others(actor: User, values: Mapping[str, Any], *names: str) -> None:
    """These fields are for admins."""
    if not actor.is_admin and any(values.get(name) is not None for name in names):
        raise Forbidden


def _relevant(course: Course) -> dict[str, Any]:
    return {name: getattr(course, name) for name in (*DATES, "description", "short_description")}


def _check(
    actor: User, values: Mapping[str, Any], *, changed: Mapping[str, Any], at: datetime | None = None
) -> None:
    """What one field says about another, or about other rows."""
    trouble: dict[str, list[str]] = {}
    if not (values.get("description") or values.get("short_description")):
        trouble["description"] = ["Give a description or a short_description."]
    trouble |= _trouble_with_dates(values, changed, days.today(at))
    if changed.get("category_id") and not _is_category_for(actor, changed["category_id"]):
        trouble["category_id"] = [NO_CATEGORY]
    if changed.get("instructor_id") and not _can_teach(changed["instructor_id"]):
        trouble["instructor_id"] = ["This is no active instructor or admin."]
    if trouble:
        raise InvalidRequest(details=trouble)
    slugs.refuse_reserved(slug=changed.get("slug"), code=changed.get("code"))


def _trouble_with_dates(
    values: Mapping[str, Any], changed: Mapping[str, Any], today: date
) -> dict[str, list[str]]:
    trouble = {
        name: ["This day has passed."]
        for name in DATES
        if changed.get(name) is not None and changed[name] < today
    }
    starts, deadline = (values.get(name) for name in DATES)
    if starts is not None and deadline is not None and starts < deadline:
        trouble["class_starts"] = ["Classes start on the day of the admission deadline or later."]
    return trouble


def _is_category_for(actor: User, category_id: UUID) -> bool:
    found = exists().where(Category.id == category_id, category_visible_to(actor))
    return bool(db.session.scalar(select(found)))


def _names_taken() -> dict[str, Refusal]:
    """Another course's slug or code. The triggers on courses name the same constraints as its unique indexes."""
    return {Course.ONE_PER_SLUG: SlugTaken(), Course.ONE_PER_CODE: CodeTaken()}


def _category_gone() -> dict[str, Refusal]:
    """A category deleted since it was looked at."""
    return {Course.CATEGORY_EXISTS: InvalidRequest(details={"category_id": [NO_CATEGORY]})}


def _hold(user_id: UUID) -> None:
    """Nobody is renamed, demoted or deleted while they are being given a course.

    Search would go on to know the course by the name from before. The account is locked before the course, as
    everywhere: a rename holds the account and then waits for the courses.
    """
    db.session.execute(select(User.id).where(User.id == user_id).with_for_update(read=True))


def _can_teach(user_id: UUID) -> bool:
    teaches = User.role.in_((Role.INSTRUCTOR, Role.ADMIN))
    found = exists().where(User.id == user_id, User.is_active, teaches)
    return bool(db.session.scalar(select(found)))


def _refuse_learner(course: Course, user_id: UUID) -> None:
    """Nobody is enrolled in their own course. Under the course's lock, so that nobody joins meanwhile."""
    held = select(Enrollment.id).where(
        Enrollment.course_id == course.id, Enrollment.user_id == user_id, Enrollment.holds_seat()
    )
    enrollment_id = db.session.scalar(held)
    if enrollment_id is not None:
        raise AlreadyEnrolled(
            "Whoever is to teach the course is enrolled in it.",
            details={"enrollment_id": [str(enrollment_id)]},
        )


def _currency() -> str:
    return settings().default_currency
