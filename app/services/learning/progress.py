"""Progress through lessons: done, undone, watched up to here.

Whoever records progress holds the enrollment's row first, so that of several last lessons at once the later request sees
what the earlier one did and completes the course: once, and never not at all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    DateTime,
    TableValuedAlias,
    Uuid,
    and_,
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
from app.models import Course, Enrollment, Lesson, LessonProgress, User
from app.services.catalogue import courses
from app.services.learning import completion, enrollments_read, progress_read

Told = tuple[UUID, UUID, datetime]
"""An enrollment, a lesson, and when it was completed."""


def record(
    user: User,
    lesson_id: UUID,
    *,
    completed: bool | None = None,
    position_seconds: int | None = None,
    at: datetime | None = None,
) -> Enrollment:
    """Mark a lesson done or not done, or how far it was watched. The last one that counts completes the course."""
    enrollment, enforce_order = _hold_enrollment(user, lesson_id)
    lessons = progress_read.lessons_in_order(enrollment.course_id, enrollment.id)
    if completed and enforce_order:
        _refuse_skipping(lessons, lesson_id)
    moment = func.now() if at is None else literal(at)
    _write(enrollment, lesson_id, moment, completed=completed, position_seconds=position_seconds)
    _move_on(enrollment, lessons, lesson_id, moment)
    completion.settle_held(enrollment.course_id, enrollment_ids=[enrollment.id], at=at)
    return enrollments_read.reread(enrollment.id)


def complete(user: User, lesson_id: UUID, *, at: datetime | None = None) -> Enrollment:
    """Mark a lesson done; once more changes nothing."""
    return record(user, lesson_id, completed=True, at=at)


def complete_many(course_id: UUID, rows: Collection[Told]) -> None:
    """Completions that another system remembers, as a set; of two times for a lesson the earlier stays.

    Nobody is completed by it: `completion.settle` is the caller's next step.
    """
    if not rows:
        return
    completion.hold(course_id)
    told = _as_table(rows)
    earliest = (
        select(told.c.enrollment_id, told.c.lesson_id, func.min(told.c.at))
        .join(Lesson, and_(Lesson.id == told.c.lesson_id, Lesson.course_id == course_id))
        .join(Enrollment, and_(Enrollment.id == told.c.enrollment_id, Enrollment.course_id == course_id))
        .group_by(told.c.enrollment_id, told.c.lesson_id)
        .order_by(told.c.enrollment_id, told.c.lesson_id)
    )
    made = insert(LessonProgress).from_select(["enrollment_id", "lesson_id", "completed_at"], earliest)
    kept = func.least(LessonProgress.completed_at, made.excluded.completed_at)
    db.session.execute(
        made.on_conflict_do_update(
            index_elements=[LessonProgress.enrollment_id, LessonProgress.lesson_id],
            set_={"completed_at": kept, "updated_at": func.now()},
        )
    )
    _remember_visits(course_id, told)


def _hold_enrollment(user: User, lesson_id: UUID) -> tuple[Enrollment, bool]:
    """The learner's enrollment, locked, and whether its course is done in order."""
    found = db.session.execute(
        select(Enrollment, Course.enforce_order, completion.is_paid().label("is_paid"))
        .join(Course, Course.id == Enrollment.course_id)
        .join(Lesson, Lesson.course_id == Course.id)
        .where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None), Course.deleted_at.is_(None))
        .where(Enrollment.user_id == user.id, Enrollment.holds_seat())
        .with_for_update(key_share=True, of=Enrollment)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        _refuse_outsider(user, lesson_id)
    enrollment, enforce_order, is_paid = found
    if not is_paid:
        raise PaymentRequired
    return enrollment, enforce_order


def _refuse_outsider(user: User, lesson_id: UUID) -> NoReturn:
    found = select(Lesson.course_id).where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None))
    course_id = db.session.scalar(found)
    if course_id is None:
        raise NotFound
    courses.get_visible(user, course_id)
    raise NotEnrolled


def _refuse_skipping(lessons: CTE, lesson_id: UUID) -> None:
    """A lesson that is completed already may be completed again, wherever it is in the order now."""
    here = lessons.alias("here")
    missing = db.session.execute(
        select(lessons.c.lesson_id, lessons.c.title)
        .join(here, here.c.position > lessons.c.position)
        .where(here.c.lesson_id == lesson_id, ~here.c.is_completed)
        .where(lessons.c.is_counted, ~lessons.c.is_completed)
        .order_by(lessons.c.position)
        .limit(1)
    ).one_or_none()
    if missing is not None:
        raise LessonLocked(
            f"“{missing.title}” comes first.",
            details={"lesson_id": [str(missing.lesson_id)], "title": [missing.title]},
        )


def _write(
    enrollment: Enrollment,
    lesson_id: UUID,
    moment: ColumnElement[datetime],
    *,
    completed: bool | None,
    position_seconds: int | None,
) -> None:
    """One row per enrollment and lesson, made on demand."""
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


def _move_on(enrollment: Enrollment, lessons: CTE, lesson_id: UUID, moment: ColumnElement[datetime]) -> None:
    """Store the visit, and the lesson to resume at: the next one from here that is not completed, else the first."""
    here = select(lessons.c.position).where(lessons.c.lesson_id == lesson_id).scalar_subquery()
    following = (
        select(lessons.c.lesson_id)
        .where(~lessons.c.is_completed)
        .order_by(lessons.c.position < here, lessons.c.position)
        .limit(1)
    )
    db.session.execute(
        update(Enrollment)
        .where(Enrollment.id == enrollment.id)
        .values(last_accessed=moment, resume_lesson_id=following.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def _as_table(rows: Collection[Told]) -> TableValuedAlias:
    enrollment_ids, lesson_ids, moments = zip(*rows, strict=True)
    moment = DateTime(timezone=True)
    return (
        func.unnest(
            literal(list(enrollment_ids), ARRAY(Uuid)),
            literal(list(lesson_ids), ARRAY(Uuid)),
            literal(list(moments), ARRAY(moment)),
        )
        .table_valued(column("enrollment_id", Uuid), column("lesson_id", Uuid), column("at", moment))
        .render_derived(name="told")
    )


def _remember_visits(course_id: UUID, told: TableValuedAlias) -> None:
    latest = (
        select(told.c.enrollment_id, func.max(told.c.at).label("at"))
        .group_by(told.c.enrollment_id)
        .subquery()
    )
    db.session.execute(
        update(Enrollment)
        .where(Enrollment.id == latest.c.enrollment_id, Enrollment.course_id == course_id)
        .values(last_accessed=func.greatest(Enrollment.last_accessed, latest.c.at))
        .execution_options(synchronize_session=False)
    )
