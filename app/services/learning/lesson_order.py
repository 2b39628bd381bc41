"""Courses whose lessons are completed in order: what is missing before a lesson."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CTE, ColumnElement, and_, exists, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.db.session import db
from app.errors.learning import LessonLocked
from app.models import Course, Enrollment, Lesson, LessonProgress, Section
from app.services.learning import completion, progress_read


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


def is_open(course_id: UUID) -> ColumnElement[bool]:
    """Whether a course without an order, or with nothing missing before: for statements that join Course, Enrollment, Lesson and Section."""
    counted = completion.counted_lessons(course_id)
    earlier, its_section = aliased(Lesson), aliased(Section)
    is_done = exists().where(
        LessonProgress.enrollment_id == Enrollment.id,
        LessonProgress.lesson_id == earlier.id,
        LessonProgress.completed_at.is_not(None),
    )
    comes_first = tuple_(its_section.position, earlier.position) < tuple_(Section.position, Lesson.position)
    missing = (
        select(earlier.id)
        .join(counted, counted.c.id == earlier.id)
        .join(its_section, its_section.id == earlier.section_id)
        .where(comes_first, ~is_done)
        .correlate(Enrollment, Lesson, Section)
        .exists()
    )
    return or_(~Course.enforce_order, ~missing)


def was_completed(lessons: CTE, lesson_id: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    """A lesson that is completed already may be completed again, wherever it is in the order now."""
    return exists(select(lessons.c.lesson_id).where(lessons.c.lesson_id == lesson_id, lessons.c.is_completed))
