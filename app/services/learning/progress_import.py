"""Import of completed lessons, as a set."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
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
from app.models import Enrollment, Lesson, LessonProgress
from app.services.learning import completion

CompletedLesson = tuple[UUID, UUID, datetime]
"""An enrollment, a lesson, and when it was completed."""


def complete_many(course_id: UUID, rows: Collection[CompletedLesson], *, is_held: bool = False) -> None:
    """Import completed lessons as a set; of two times for a lesson the earlier is kept.

    No enrollment is completed here: the caller calls `completion.settle` next.

    :param is_held: whether the transaction has locked the enrollments of the rows already
    """
    if not rows:
        return
    if not is_held:
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
