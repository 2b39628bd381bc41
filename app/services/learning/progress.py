"""Progress through lessons: completed, not completed, watched up to a position.

Recording progress locks the enrollment's row first. Of concurrent requests about the last lessons, the later one sees
what the earlier one committed, so the course is completed exactly once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    TableValuedAlias,
    Update,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.errors.base import NotFound
from app.errors.learning import LessonLocked, NotEnrolled, PaymentRequired
from app.models import Course, Enrollment, Lesson, LessonProgress
from app.models.caller import Actor
from app.services.catalogue import courses
from app.services.learning import completion, enrollments_read, progress_read
from app.settings import settings

CompletedLesson = tuple[UUID, UUID, datetime]
"""An enrollment, a lesson, and when it was completed."""

# The parameters of the statements below that are built once.
_COURSE = bindparam("of_course", type_=Uuid())
_ENROLLMENT = bindparam("of_enrollment", type_=Uuid())
_LESSON = bindparam("of_lesson", type_=Uuid())
_USER = bindparam("of_user", type_=Uuid())
_MOMENT = bindparam("at", type_=DateTime(timezone=True))


def record(
    user: Actor,
    lesson_id: UUID,
    *,
    completed: bool | None = None,
    position_seconds: int | None = None,
    at: datetime | None = None,
) -> Enrollment:
    """Mark a lesson completed or not, or store the position. The last counted lesson completes the course."""
    enrollment, enforce_order = _lock_enrollment(user, lesson_id)
    if completed and enforce_order:
        _refuse_skipping(enrollment, lesson_id)
    moment = func.now() if at is None else literal(at)
    _write(enrollment, lesson_id, moment, completed=completed, position_seconds=position_seconds)
    _store_resume_point(enrollment, lesson_id, at)
    completion.settle_held(enrollment.course_id, enrollment_ids=[enrollment.id], at=at)
    return enrollments_read.reread(enrollment.id)


def complete(user: Actor, lesson_id: UUID, *, at: datetime | None = None) -> Enrollment:
    """Mark a lesson completed. Idempotent."""
    return record(user, lesson_id, completed=True, at=at)


def complete_many(course_id: UUID, rows: Collection[CompletedLesson]) -> None:
    """Import completed lessons as a set; of two times for a lesson the earlier is kept.

    No enrollment is completed here: the caller calls `completion.settle` next.
    """
    if not rows:
        return
    completion.hold(course_id)
    given = _as_table(rows)
    earliest = (
        select(given.c.enrollment_id, given.c.lesson_id, func.min(given.c.at))
        .join(Lesson, and_(Lesson.id == given.c.lesson_id, Lesson.course_id == course_id))
        .join(Enrollment, and_(Enrollment.id == given.c.enrollment_id, Enrollment.course_id == course_id))
        .group_by(given.c.enrollment_id, given.c.lesson_id)
        .order_by(given.c.enrollment_id, given.c.lesson_id)
    )
    made = insert(LessonProgress).from_select(["enrollment_id", "lesson_id", "completed_at"], earliest)
    kept = func.least(LessonProgress.completed_at, made.excluded.completed_at)
    db.session.execute(
        made.on_conflict_do_update(
            index_elements=[LessonProgress.enrollment_id, LessonProgress.lesson_id],
            set_={"completed_at": kept, "updated_at": func.now()},
        )
    )
    _store_visits(course_id, given)


def _lock_enrollment(user: Actor, lesson_id: UUID) -> tuple[Enrollment, bool]:
    """The learner's enrollment, locked, and whether the course enforces the order of its lessons."""
    statement = _locking(settings().paid_enrollment)
    found = db.session.execute(statement, {_USER.key: user.id, _LESSON.key: lesson_id}).one_or_none()
    if found is None:
        _refuse_outsider(user, lesson_id)
    enrollment, enforce_order, is_paid = found
    if not is_paid:
        raise PaymentRequired
    return enrollment, enforce_order


@cache
def _locking(paid_enrollment: str) -> Select[Enrollment, bool, bool]:
    return (
        select(Enrollment, Course.enforce_order, completion.is_paid_under(paid_enrollment).label("is_paid"))
        .join(Course, Course.id == Enrollment.course_id)
        .join(Lesson, Lesson.course_id == Course.id)
        .where(Lesson.id == _LESSON, Lesson.deleted_at.is_(None), Course.deleted_at.is_(None))
        .where(Enrollment.user_id == _USER, Enrollment.holds_seat())
        .with_for_update(key_share=True, of=Enrollment)
        .execution_options(populate_existing=True)
    )


def _refuse_outsider(user: Actor, lesson_id: UUID) -> NoReturn:
    found = select(Lesson.course_id).where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None))
    course_id = db.session.scalar(found)
    if course_id is None:
        raise NotFound
    courses.get_visible(user, course_id)
    raise NotEnrolled


def _refuse_skipping(enrollment: Enrollment, lesson_id: UUID) -> None:
    """A lesson that is completed already may be completed again, wherever it is in the order now."""
    missing = db.session.execute(_first_missing(), _parameters(enrollment, lesson_id)).one_or_none()
    if missing is not None:
        raise LessonLocked(
            f"“{missing.title}” comes first.",
            details={"lesson_id": [str(missing.lesson_id)], "title": [missing.title]},
        )


@cache
def _first_missing() -> Select[UUID, str]:
    lessons = progress_read.lessons_in_order(_COURSE, _ENROLLMENT)
    here = lessons.alias("here")
    return (
        select(lessons.c.lesson_id, lessons.c.title)
        .join(here, here.c.position > lessons.c.position)
        .where(here.c.lesson_id == _LESSON, ~here.c.is_completed)
        .where(lessons.c.is_counted, ~lessons.c.is_completed)
        .order_by(lessons.c.position)
        .limit(1)
    )


def _write(
    enrollment: Enrollment,
    lesson_id: UUID,
    moment: ColumnElement[datetime],
    *,
    completed: bool | None,
    position_seconds: int | None,
) -> None:
    """Upsert the row of this enrollment and lesson."""
    row: dict[str, object] = {}
    if completed is not None:
        row["completed_at"] = moment if completed else None
    if position_seconds is not None:
        row["position_seconds"] = position_seconds
    made = insert(LessonProgress).values(enrollment_id=enrollment.id, lesson_id=lesson_id, **row)
    if completed:
        row["completed_at"] = func.coalesce(LessonProgress.completed_at, moment)
    db.session.execute(
        made.on_conflict_do_update(
            index_elements=[LessonProgress.enrollment_id, LessonProgress.lesson_id],
            set_={**row, "updated_at": func.now()},
        )
    )


def _store_resume_point(enrollment: Enrollment, lesson_id: UUID, at: datetime | None) -> None:
    """Store the visit, and the lesson to resume at: the next one from here that is not completed, else the first."""
    db.session.execute(_visiting(), {**_parameters(enrollment, lesson_id), _MOMENT.key: at})


def _parameters(enrollment: Enrollment, lesson_id: UUID) -> dict[str, Any]:
    return {_COURSE.key: enrollment.course_id, _ENROLLMENT.key: enrollment.id, _LESSON.key: lesson_id}


@cache
def _visiting() -> Update:
    lessons = progress_read.lessons_in_order(_COURSE, _ENROLLMENT)
    here = select(lessons.c.position).where(lessons.c.lesson_id == _LESSON).scalar_subquery()
    following = (
        select(lessons.c.lesson_id)
        .where(~lessons.c.is_completed)
        .order_by(lessons.c.position < here, lessons.c.position)
        .limit(1)
    )
    moment = func.coalesce(_MOMENT, func.now())
    return (
        update(Enrollment)
        .where(Enrollment.id == _ENROLLMENT)
        .values(last_accessed=moment, resume_lesson_id=following.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def _as_table(rows: Collection[CompletedLesson]) -> TableValuedAlias:
    enrollment_ids, lesson_ids, moments = zip(*rows, strict=True)
    moment = DateTime(timezone=True)
    return (
        func.unnest(
            literal(list(enrollment_ids), ARRAY(Uuid)),
            literal(list(lesson_ids), ARRAY(Uuid)),
            literal(list(moments), ARRAY(moment)),
        )
        .table_valued(column("enrollment_id", Uuid), column("lesson_id", Uuid), column("at", moment))
        .render_derived(name="given")
    )


def _store_visits(course_id: UUID, given: TableValuedAlias) -> None:
    latest = (
        select(given.c.enrollment_id, func.max(given.c.at).label("at"))
        .group_by(given.c.enrollment_id)
        .subquery()
    )
    db.session.execute(
        update(Enrollment)
        .where(Enrollment.id == latest.c.enrollment_id, Enrollment.course_id == course_id)
        .values(last_accessed=func.greatest(Enrollment.last_accessed, latest.c.at))
        .execution_options(synchronize_session=False)
    )
