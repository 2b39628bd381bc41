"""Writing results: the attempt and the learner's best score in one statement, for one attempt or many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Numeric, TableValuedAlias, Uuid, case, column, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.db.session import db
from app.models import Lesson, QuizAttempt, QuizScore
from app.services.quizzes.grading import AttemptResult


@dataclass(frozen=True)
class Graded:
    """An attempt in progress that ends with these responses and this outcome."""

    attempt_id: UUID
    outcome: AttemptResult
    responses: Mapping[str, Any]
    is_timed_out: bool = False


def record(graded: Sequence[Graded]) -> None:
    """Submit these attempts, of which no two are of one learner and quiz. One that was submitted already stays as it is.

    What timed out is submitted at its deadline, whenever it is graded. A superseded one gets its result, and no score.
    """
    given = table_of(
        {
            "id": str(each.attempt_id),
            **columns_of(each.outcome),
            "responses": each.responses,
            "is_timed_out": each.is_timed_out,
        }
        for each in graded
    )
    recorded = (
        update(QuizAttempt)
        .where(QuizAttempt.id == given.c.id, QuizAttempt.submitted_at.is_(None))
        .values(
            **{name: given.c[name] for name in (*RESULT, "responses", "is_timed_out")},
            submitted_at=case((given.c.is_timed_out, QuizAttempt.expires_at), else_=func.now()),
            graded_at=func.now(),
            updated_at=func.now(),
        )
        .returning(
            QuizAttempt.enrollment_id,
            QuizAttempt.lesson_id,
            QuizAttempt.score,
            QuizAttempt.is_passed,
            QuizAttempt.submitted_at,
            QuizAttempt.counts().label("is_counted"),
        )
        .cte("recorded")
    )
    rows = (
        select(
            recorded.c.enrollment_id,
            recorded.c.lesson_id,
            Lesson.course_id,
            recorded.c.score,
            case((recorded.c.is_passed, recorded.c.submitted_at)),
        )
        .join(Lesson, Lesson.id == recorded.c.lesson_id)
        .where(recorded.c.is_counted)
    )
    scored = insert(QuizScore).from_select(
        ["enrollment_id", "lesson_id", "course_id", "best_score", "passed_at"],
        rows.order_by(*rows.selected_columns[:2]),
    )
    db.session.execute(
        scored.on_conflict_do_update(
            index_elements=[QuizScore.enrollment_id, QuizScore.lesson_id],
            set_={
                "best_score": func.greatest(QuizScore.best_score, scored.excluded.best_score),
                "passed_at": func.coalesce(QuizScore.passed_at, scored.excluded.passed_at),
            },
        )
    )


RESULT = ("results", "points", "max_points", "score", "is_passed")


def columns_of(outcome: AttemptResult) -> dict[str, Any]:
    """The outcome as the columns of an attempt, in JSON."""
    return {
        "results": outcome.results,
        "points": str(outcome.points),
        "max_points": str(outcome.max_points),
        "score": str(outcome.score),
        "is_passed": outcome.is_passed,
    }


def table_of(rows: Iterable[Mapping[str, Any]]) -> TableValuedAlias:
    """Rows of results as a table of a statement, in one parameter however many they are."""
    return (
        func.jsonb_to_recordset(literal(list(rows), JSONB))
        .table_valued(
            column("id", Uuid),
            column("results", JSONB),
            column("points", Numeric),
            column("max_points", Numeric),
            column("score", Numeric),
            column("is_passed", Boolean),
            column("responses", JSONB),
            column("is_timed_out", Boolean),
        )
        .render_derived(name="given", with_types=True)
    )
