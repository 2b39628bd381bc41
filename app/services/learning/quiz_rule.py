"""The rule of quiz lessons: one that has questions is completed by passing its quiz, not by marking it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists

from app.enums import LessonType
from app.models import Question, QuizScore


def is_completed_by_passing(lesson_id: Any, lesson_type: Any) -> ColumnElement[bool]:
    """Whether the lesson is a quiz that has questions."""
    has_questions = exists().where(Question.lesson_id == lesson_id, Question.deleted_at.is_(None))
    return and_(lesson_type == LessonType.QUIZ, has_questions)


def is_open_to_marking(enrollment_id: Any, lesson_id: Any, lesson_type: Any) -> ColumnElement[bool]:
    """Whether the learner may mark the lesson: any other lesson, and a quiz that they have passed."""
    return ~is_completed_by_passing(lesson_id, lesson_type) | QuizScore.is_passed_by(enrollment_id, lesson_id)
