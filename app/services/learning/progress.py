"""Progress through lessons: completed, not completed, watched up to a position.

Recording progress locks the enrollment's row first. Of concurrent requests about the last lessons, the later one sees
what the earlier one committed, so the course is completed exactly once.
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

CompletedLesson = tuple[UUID, UUID, datetime]
"""An enrollment, a lesson, and when it was completed."""


def record(
    user: User,
    lesson_id: UUID,
    *,
    completed: bool | None = None,
    position_seconds: int | None = None,
    at: datetime | None = None,
) -> Enrollment:
    """Mark a lesson completed or not, or store the position. The last counted lesson completes the course."""
    enrollment, enforce_order = _lock_enrollment(user, lesson_id)
    lessons = progress_read.lessons_in_order(enrollment.course_id, enrollment.id)
    if completed and enforce_order:
        _refuse_skipping(lessons, lesson_id)
    moment = func.now() if at is None else literal(at)
    _write(enrollment, lesson_id, moment, completed=completed, position_seconds=position_seconds)
    _store_resume_point(enrollment, lessons, lesson_id, moment)
    completion.settle_held(enrollment.course_id, enrollment_ids=[enrollment.id], at=at)
    return enrollments_read.reread(enrollment.id)


def complete(user: User, lesson_id: UUID, *, at: datetime | None = None) -> Enrollment:
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


def _lock_enrollment(user: User, lesson_id: UUID) -> tuple[Enrollment, bool]:
    """The learner's enrollment, locked, and whether the course enforces the order of its lessons."""
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


def _store_resume_point(
    enrollment: Enrollment, lessons: CTE, lesson_id: UUID, moment: ColumnElement[datetime]
) -> None:
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
