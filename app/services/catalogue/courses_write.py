"""Creating, changing and soft-deleting courses.

A published course stays published while it is edited, and is marked as changed; a course that waits for a decision
cannot be edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, select

from app.db.session import db, refusing, savepoint
from app.enums import CourseAction, EnrollmentStatus, Role
from app.errors.base import Forbidden, InvalidRequest, Refusal
from app.errors.catalogue import CodeTaken, CourseInUse, SlugTaken
from app.errors.learning import AlreadyEnrolled
from app.errors.requests import Unavailable
from app.models.caller import Actor
from app.models.category import Category
from app.models.course import Course
from app.models.course_name import CourseName
from app.models.enrollment import Enrollment
from app.models.user import User
from app.models.visibility import category_visible_to
from app.services.catalogue import course_notices, courses, courses_read, courses_workflow, slugs
from app.services.catalogue.courses_read import CoursePage
from app.services.search import courses_search
from app.settings import settings
from app.values import days

DATES = ("class_starts", "admission_deadline")
NO_CATEGORY = "There is no such category."


def create(actor: Actor, *, publish: bool = False, at: datetime | None = None, **values: Any) -> CoursePage:
    """Create a draft. With `publish`, also try to publish it: if that is refused, the draft stays and shows the reason.

    `at` is when it happened, for imported records.
    """
    _refuse_for_others(actor, values, "code", "instructor_id")
    values = {"instructor_id": actor.id, **values, "currency": values.get("currency") or _currency()}
    _hold(values["instructor_id"])
    _check(actor, values, changed=values, at=at)
    if at is not None:
        values |= {"created_at": at, "updated_at": at}
    course_id = _insert(values)
    course = db.session.get_one(Course, course_id)
    courses.record_change(course, actor, CourseAction.CREATED, to_status=course.status, at=at)
    courses_search.index_locked(course_id)
    refused = _publish(actor, course_id, at=at) if publish else None
    return courses_read.show(actor, course_id, publish_refused=refused)


def update(actor: Actor, ref: str | UUID, **changes: Any) -> CoursePage:
    """Change some fields; unchanged values are ignored and not recorded."""
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
    return courses_read.show(actor, course.id)


def delete(actor: Actor, ref: str | UUID, *, force: bool = False) -> None:
    """Soft-delete a course; the learners' records stay. Only an admin with `force` may do so while learners are active."""
    course = courses.lock_managed(actor, ref)
    courses.refuse_under_review(course)
    learning = exists().where(Enrollment.course_id == course.id, Enrollment.status == EnrollmentStatus.ACTIVE)
    if not (force and actor.is_admin) and db.session.scalar(select(learning)):
        raise CourseInUse
    course.deleted_at = func.now()
    courses.record_change(course, actor, CourseAction.DELETED, from_status=course.status)


def _insert(values: dict[str, Any]) -> UUID:
    """Insert the row with the first free slug and code; a chosen one that is taken is refused.

    If a concurrent insert takes an automatic slug or code first, the next is tried.
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


def _apply(actor: Actor, course: Course, changed: Mapping[str, Any]) -> None:
    edit = courses.record_edit(actor, course, sorted(changed))
    with refusing({**_names_taken(), **_category_gone()}):
        for name, value in changed.items():
            setattr(course, name, value)
    if "instructor_id" in changed:
        course_notices.notify_owner(edit, changed["instructor_id"])
    if courses_search.SOURCES & set(changed):
        courses_search.index_locked(course.id)


def _publish(actor: Actor, course_id: UUID, *, at: datetime | None) -> str | None:
    """The reason code if publishing is refused. Publishing checks before it writes, so the draft is unchanged."""
    try:
        courses_workflow.publish(actor, course_id, at=at)
    except Refusal as refusal:
        return refusal.code
    return None


def _refuse_for_others(actor: Actor, values: Mapping[str, Any], *names: str) -> None:
    """Refuse these fields to users who are not admins."""
    named = [name for name in names if values.get(name) is not None]
    if named and not actor.is_admin:
        fields = " and ".join(f"`{name}`" for name in named)
        raise Forbidden(
            f"Only an admin can set {fields}.",
            details={name: ["Only an admin can set this."] for name in named},
        )


def _relevant(course: Course) -> dict[str, Any]:
    return {name: getattr(course, name) for name in (*DATES, "description", "short_description")}


def _check(
    actor: Actor, values: Mapping[str, Any], *, changed: Mapping[str, Any], at: datetime | None = None
) -> None:
    """Validation across fields and rows."""
    errors: dict[str, list[str]] = {}
    if not (values.get("description") or values.get("short_description")):
        errors["description"] = ["Give a description or a short_description."]
    errors |= _date_errors(values, changed, days.today(at))
    if changed.get("category_id") and not _is_category_for(actor, changed["category_id"]):
        errors["category_id"] = [NO_CATEGORY]
    if changed.get("instructor_id") and not _can_teach(changed["instructor_id"]):
        errors["instructor_id"] = ["This is not an active instructor or admin."]
    if errors:
        raise InvalidRequest(details=errors)
    slugs.refuse_reserved(slug=changed.get("slug"), code=changed.get("code"))


def _date_errors(values: Mapping[str, Any], changed: Mapping[str, Any], today: date) -> dict[str, list[str]]:
    errors = {
        name: ["This day has passed."]
        for name in DATES
        if changed.get(name) is not None and changed[name] < today
    }
    starts, deadline = (values.get(name) for name in DATES)
    if starts is not None and deadline is not None and starts < deadline:
        errors["class_starts"] = ["Classes start on the day of the admission deadline or later."]
    return errors


def _is_category_for(actor: Actor, category_id: UUID) -> bool:
    found = exists().where(Category.id == category_id, category_visible_to(actor))
    return bool(db.session.scalar(select(found)))


def _names_taken() -> dict[str, Refusal]:
    """Another course's slug or code. The triggers on courses name the same constraints as its unique indexes."""
    return {Course.ONE_PER_SLUG: SlugTaken(), Course.ONE_PER_CODE: CodeTaken()}


def _category_gone() -> dict[str, Refusal]:
    """The category was deleted after it was checked."""
    return {Course.CATEGORY_EXISTS: InvalidRequest(details={"category_id": [NO_CATEGORY]})}


def _hold(user_id: UUID) -> None:
    """Lock the user, so that they are not renamed, demoted or deleted while they get a course.

    Otherwise search would keep finding the course by the old name. The account is locked before the course, as
    everywhere: a rename locks the account and then waits for the courses.
    """
    db.session.execute(select(User.id).where(User.id == user_id).with_for_update(read=True))


def _can_teach(user_id: UUID) -> bool:
    teaches = User.role.in_((Role.INSTRUCTOR, Role.ADMIN))
    found = exists().where(User.id == user_id, User.is_active, teaches)
    return bool(db.session.scalar(select(found)))


def _refuse_learner(course: Course, user_id: UUID) -> None:
    """Refuse an instructor who is enrolled in the course. Under the course's lock, so that they cannot enroll meanwhile."""
    held = select(Enrollment.id).where(
        Enrollment.course_id == course.id, Enrollment.user_id == user_id, Enrollment.holds_seat()
    )
    enrollment_id = db.session.scalar(held)
    if enrollment_id is not None:
        raise AlreadyEnrolled(
            "The new instructor is enrolled in this course.",
            details={"enrollment_id": [str(enrollment_id)]},
        )


def _currency() -> str:
    return settings().default_currency
