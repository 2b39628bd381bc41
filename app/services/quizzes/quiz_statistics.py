"""Statistics of a quiz over the first submitted attempt of each learner; `docs/quizzes.md` has the formulas.

First attempts alone: later ones are made by learners who have seen the questions, often their results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Float, Numeric, Row, Uuid, and_, cast, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from app.db.session import db
from app.models import Question, QuizAttempt, QuizScore
from app.models.caller import Actor
from app.services.quizzes import questions


@dataclass(frozen=True)
class QuizStatistics:
    """Shares and scores in percent; null where there is nothing to compute them from."""

    learners: int
    attempts: int
    average_first_score: float | None
    median_first_score: float | None
    average_best_score: float | None
    pass_rate: float | None
    questions: Sequence[Row[Any]]


def statistics(actor: Actor, lesson_id: UUID) -> QuizStatistics:
    """How a quiz and each of its questions went, for those who manage the course."""
    lesson = questions.get_managed_quiz(actor, lesson_id)
    first = _first_attempts(lesson.id)
    whole = db.session.execute(
        select(
            func.count().label("learners"),
            _rounded(func.avg(first.c.score)).label("average_first_score"),
            _rounded(func.percentile_cont(0.5).within_group(first.c.score)).label("median_first_score"),
            *_of_all(lesson.id),
        )
    ).mappings()
    return QuizStatistics(**whole.one(), questions=_by_question(lesson.id, first))


def _first_attempts(lesson_id: UUID) -> CTE:
    return (
        select(QuizAttempt.id, QuizAttempt.results, QuizAttempt.score)
        .where(QuizAttempt.lesson_id == lesson_id, QuizAttempt.submitted_at.is_not(None))
        .ext(distinct_on(QuizAttempt.enrollment_id))
        .order_by(QuizAttempt.enrollment_id, QuizAttempt.number)
        .cte("first_attempts")
    )


def _of_all(lesson_id: UUID) -> list[Any]:
    scores = QuizScore.lesson_id == lesson_id
    passed = func.count(QuizScore.passed_at) * 100.0 / func.nullif(func.count(), 0)
    submitted = and_(QuizAttempt.lesson_id == lesson_id, QuizAttempt.submitted_at.is_not(None))
    return [
        select(func.count()).where(submitted).scalar_subquery().label("attempts"),
        select(_rounded(func.avg(QuizScore.best_score)))
        .where(scores)
        .scalar_subquery()
        .label("average_best_score"),
        select(_rounded(passed)).where(scores).scalar_subquery().label("pass_rate"),
    ]


def _by_question(lesson_id: UUID, first: CTE) -> Sequence[Row[Any]]:
    """`discrimination` is the correlation of the points for the question with the points for all others."""
    result = func.jsonb_each(first.c.results).table_valued("key", "value").render_derived(name="result")
    earned = cast(result.c.value.op("->>")("points"), Numeric)
    items = (
        select(
            cast(result.c.key, Uuid).label("question_id"),
            earned.label("earned"),
            cast(result.c.value.op("->>")("of"), Numeric).label("of"),
            (func.sum(earned).over(partition_by=first.c.id) - earned).label("others"),
        )
        .select_from(first)
        .join(result, true())
        .subquery("items")
    )
    return db.session.execute(
        select(
            Question.id,
            Question.position,
            Question.type,
            Question.text,
            Question.points,
            func.count(items.c.earned).label("responses"),
            _rounded(func.avg(items.c.earned / items.c.of) * 100).label("facility"),
            _rounded(func.corr(items.c.earned, items.c.others) * 100).label("discrimination"),
        )
        .outerjoin(items, items.c.question_id == Question.id)
        .where(Question.lesson_id == lesson_id, Question.deleted_at.is_(None))
        .group_by(Question.id)
        .order_by(Question.position)
    ).all()


def _rounded(value: Any) -> Any:
    return cast(func.round(cast(value, Numeric), 2), Float)
