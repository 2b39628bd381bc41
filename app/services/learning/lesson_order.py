"""Courses whose lessons are completed in order: what is missing before a lesson."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CTE, ColumnElement, and_, exists, select

from app.db.session import db
from app.errors.learning import LessonLocked
from app.services.learning import progress_read


def refuse_skipping(course_id: UUID, enrollment_id: UUID, lesson_id: UUID) -> None:
    """Refuse a lesson of a course with `enforce_order` where an earlier one is missing and this one is not completed."""
    lessons = progress_read.lessons_in_order(course_id, enrollment_id)
    missing = db.session.execute(
        select(lessons.c.lesson_id, lessons.c.title)
        .where(is_missing_before(lessons, lesson_id), ~was_completed(lessons, lesson_id))
        .order_by(lessons.c.position)
        .limit(1)
    ).one_or_none()
    if missing is not None:
        raise LessonLocked(
            f"“{missing.title}” comes first.",
            details={"lesson_id": [str(missing.lesson_id)], "title": [missing.title]},
        )


def is_missing_before(lessons: CTE, lesson_id: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    """A counted lesson that is not completed, and comes before this one in the order of the course."""
    here = lessons.alias("here")
    place = select(here.c.position).where(here.c.lesson_id == lesson_id).scalar_subquery()
    return and_(lessons.c.is_counted, ~lessons.c.is_completed, lessons.c.position < place)


def was_completed(lessons: CTE, lesson_id: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    """A lesson that is completed already may be completed again, wherever it is in the order now."""
    return exists(select(lessons.c.lesson_id).where(lessons.c.lesson_id == lesson_id, lessons.c.is_completed))
