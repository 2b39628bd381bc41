"""How each lesson is completed: marked by the learner, by a passed quiz, or by homework."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, literal

from app.db.columns import word
from app.enums import CompletionRule, LessonType
from app.services.learning import homework, quiz_rule


def rule_of(lesson_id: Any, lesson_type: Any) -> ColumnElement[CompletionRule]:
    """The rule of a lesson, as a clause."""
    kind = word(CompletionRule)
    return case(
        (
            quiz_rule.is_completed_by_passing(lesson_id, lesson_type),
            literal(CompletionRule.PASS_QUIZ, kind),
        ),
        (lesson_type == LessonType.ASSIGNMENT, literal(homework.rule(), kind)),
        else_=literal(CompletionRule.MARK, kind),
    )
