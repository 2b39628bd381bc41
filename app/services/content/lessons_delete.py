"""Soft delete of lessons: they lose their position, and the progress of learners stays on record."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from app.db.session import db
from app.models.course import Course
from app.models.lesson import Lesson
from app.services.learning import completion


def remove(course_id: UUID, which: ColumnElement[bool]) -> None:
    """Delete these lessons of a locked course, and complete the learners who lacked only them."""
    completion.hold(course_id)
    removed = (
        update(Lesson)
        .where(which, Lesson.deleted_at.is_(None))
        .values(deleted_at=func.now(), position=None)
        .returning(Lesson.id)
        .cte("removed")
    )
    how_many = select(func.count()).select_from(removed).scalar_subquery()
    db.session.execute(
        update(Course)
        .where(Course.id == course_id)
        .values(lesson_count=Course.lesson_count - how_many)
        .execution_options(synchronize_session=False)
    )
    completion.settle_held(course_id)
