"""Regrading after a key was mended: every submitted attempt of a quiz by the key as it is now.

A preview runs the same code and writes nothing. Who passes now completes the lesson, as of when they submitted; who no
longer passes keeps what was completed. A deleted question keeps its results. Attempts are read and written as a set.
A result names the version by which it was graded, so that the learner is shown that key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select, update

from app.db.session import among, db
from app.enums import Mode
from app.models import (
    Enrollment,
    Lesson,
    LessonProgress,
    Question,
    QuestionVersion,
    Quiz,
    QuizAttempt,
    QuizScore,
    User,
)
from app.models.caller import Actor
from app.services.catalogue.course_rows import PersonBrief
from app.services.quizzes import closing, grading, questions, recording
from app.services.quizzes.grading import AttemptResult
from app.services.quizzes.quizzes import QuizTerms

MOST_LISTED = 500


@dataclass(frozen=True)
class Change:
    """An attempt whose result differs."""

    attempt_id: UUID
    user: PersonBrief
    number: int
    score_before: Decimal
    score_after: Decimal
    passed_before: bool
    passed_after: bool


@dataclass(frozen=True)
class Regrade:
    """Who changes. `completed` are the enrollments that were completed; `open_attempts` keep the key they began with."""

    mode: Mode
    attempts: int
    open_attempts: int
    changes: Sequence[Change] = field(default_factory=list)
    completed: int = 0

    @property
    def changed(self) -> int:
        return len(self.changes)

    @property
    def listed(self) -> Sequence[Change]:
        return self.changes[:MOST_LISTED]

    @property
    def newly_passed(self) -> int:
        return sum(each.passed_after and not each.passed_before for each in self.changes)

    @property
    def no_longer_passed(self) -> int:
        return sum(each.passed_before and not each.passed_after for each in self.changes)


def regrade(actor: Actor, lesson_id: UUID, *, mode: Mode) -> Regrade:
    """Grade all submitted attempts that count again, or show what would change."""
    lesson = questions.get_managed_quiz(actor, lesson_id)
    if mode == Mode.RUN:
        _lock(lesson.id)
    rows = _attempts(lesson.id)
    outcomes = _outcomes(lesson.id, rows)
    written = [row for row in rows if _is_new(row, outcomes[row.id])]
    changes = [_change(row, outcomes[row.id]) for row in written if _differs(row, outcomes[row.id])]
    completed = _write(lesson, written, outcomes) if mode == Mode.RUN and written else 0
    is_open = and_(
        QuizAttempt.lesson_id == lesson.id, QuizAttempt.submitted_at.is_(None), QuizAttempt.counts()
    )
    open_attempts = db.session.scalar(select(func.count()).where(is_open)) or 0
    return Regrade(mode, len(rows), open_attempts, changes, completed)


def _lock(lesson_id: UUID) -> None:
    """The enrollments with attempts, in id order, which avoids deadlocks. What is read next is what earlier holders wrote."""
    having = select(QuizAttempt.enrollment_id).where(QuizAttempt.lesson_id == lesson_id)
    locked = (
        select(Enrollment.id)
        .where(Enrollment.id.in_(having))
        .order_by(Enrollment.id)
        .with_for_update(key_share=True)
        .subquery()
    )
    db.session.execute(select(func.count()).select_from(locked))


def _attempts(lesson_id: UUID) -> Sequence[Row[Any]]:
    return db.session.execute(
        select(
            QuizAttempt.id,
            QuizAttempt.enrollment_id,
            QuizAttempt.lesson_id,
            QuizAttempt.number,
            QuizAttempt.version_ids,
            QuizAttempt.responses,
            QuizAttempt.results,
            QuizAttempt.score,
            QuizAttempt.is_passed,
            QuizAttempt.submitted_at,
            Enrollment.course_id,
            User.id.label("user_id"),
            User.username,
            User.first_name,
            User.last_name,
        )
        .join(Enrollment, Enrollment.id == QuizAttempt.enrollment_id)
        .join(User, User.id == Enrollment.user_id)
        .where(QuizAttempt.lesson_id == lesson_id, QuizAttempt.submitted_at.is_not(None))
        .where(QuizAttempt.counts())
        .order_by(User.last_name, User.first_name, QuizAttempt.enrollment_id, QuizAttempt.number)
    ).all()


def _outcomes(lesson_id: UUID, rows: Sequence[Row[Any]]) -> dict[UUID, AttemptResult]:
    quiz = db.session.scalar(select(Quiz).where(Quiz.lesson_id == lesson_id))
    mark = QuizTerms.of(quiz).pass_percentage
    found = db.session.scalars(
        select(QuestionVersion.identified())
        .join(Question, Question.version_id == QuestionVersion.id)
        .where(Question.lesson_id == lesson_id, Question.deleted_at.is_(None))
    )
    current = {content["question_id"]: content for content in found}
    return {row.id: grading.sum_up(_results(row, current), mark) for row in rows}


def _results(row: Row[Any], current: Mapping[str, grading.Content]) -> dict[str, dict[str, str]]:
    return {
        key: _result(row, current[key], row.responses.get(key)) if key in current else before
        for key, before in row.results.items()
    }


def _result(row: Row[Any], content: grading.Content, response: grading.Response | None) -> dict[str, str]:
    """The result, with the version of the question by which it was graded, if the attempt has another."""
    result = grading.result_of(content, response)
    is_own = UUID(content["version_id"]) in row.version_ids
    return result if is_own else {**result, grading.GRADED_BY: content["version_id"]}


def _is_new(row: Row[Any], outcome: AttemptResult) -> bool:
    """Whether anything has to be written: the learner sees the key of the version, whatever it makes of the result."""
    return bool(row.results != outcome.results or row.is_passed != outcome.is_passed)


def _differs(row: Row[Any], outcome: AttemptResult) -> bool:
    """Whether the learner has other points than before, to the hundredth as they are shown."""
    before, after = (
        {
            key: [round(Decimal(each[name]), 2) for name in ("credit", "points", "of")]
            for key, each in graded.items()
        }
        for graded in (row.results, outcome.results)
    )
    return bool(before != after or row.is_passed != outcome.is_passed)


def _change(row: Row[Any], outcome: AttemptResult) -> Change:
    return Change(
        attempt_id=row.id,
        user=PersonBrief(row.user_id, row.username, row.first_name, row.last_name),
        number=row.number,
        score_before=row.score,
        score_after=outcome.score,
        passed_before=row.is_passed,
        passed_after=outcome.is_passed,
    )


def _write(lesson: Lesson, rows: Sequence[Row[Any]], outcomes: Mapping[UUID, AttemptResult]) -> int:
    given = recording.table_of({"id": str(row.id), **recording.columns_of(outcomes[row.id])} for row in rows)
    db.session.execute(
        update(QuizAttempt)
        .where(QuizAttempt.id == given.c.id)
        .values(
            **{name: given.c[name] for name in recording.RESULT},
            graded_at=func.now(),
            updated_at=func.now(),
        )
        .execution_options(synchronize_session=False)
    )
    enrollment_ids = {row.enrollment_id for row in rows}
    newly = enrollment_ids.difference(_passed(lesson.id, enrollment_ids))
    _score_again(lesson.id)
    return len(closing.complete(_passing(lesson.id, newly)))


def _passed(lesson_id: UUID, enrollment_ids: Iterable[UUID]) -> Sequence[UUID]:
    """Those of these enrollments that have passed. Whether the lesson of such a one is completed is their own decision."""
    score = (QuizScore.lesson_id == lesson_id, QuizScore.passed_at.is_not(None))
    found = select(QuizScore.enrollment_id).where(*score, among(QuizScore.enrollment_id, enrollment_ids))
    return db.session.scalars(found).all()


def _score_again(lesson_id: UUID) -> None:
    """The best scores, from all attempts as they are graded now."""
    best = (
        select(
            QuizAttempt.enrollment_id,
            func.max(QuizAttempt.score).label("score"),
            func.min(QuizAttempt.submitted_at).filter(QuizAttempt.is_passed.is_(True)).label("passed_at"),
        )
        .where(QuizAttempt.lesson_id == lesson_id, QuizAttempt.submitted_at.is_not(None))
        .where(QuizAttempt.counts())
        .group_by(QuizAttempt.enrollment_id)
        .subquery()
    )
    db.session.execute(
        update(QuizScore)
        .where(QuizScore.lesson_id == lesson_id, QuizScore.enrollment_id == best.c.enrollment_id)
        .values(best_score=best.c.score, passed_at=best.c.passed_at)
        .execution_options(synchronize_session=False)
    )


def _passing(lesson_id: UUID, enrollment_ids: Iterable[UUID]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those of these enrollments that have passed, and whose lesson is not completed."""
    is_done = and_(
        LessonProgress.enrollment_id == QuizScore.enrollment_id,
        LessonProgress.lesson_id == QuizScore.lesson_id,
        LessonProgress.completed_at.is_not(None),
    )
    return db.session.execute(
        select(
            QuizScore.course_id,
            QuizScore.enrollment_id,
            QuizScore.lesson_id,
            QuizScore.passed_at.label("submitted_at"),
        )
        .where(QuizScore.lesson_id == lesson_id, QuizScore.passed_at.is_not(None))
        .where(
            among(QuizScore.enrollment_id, enrollment_ids), ~select(LessonProgress).where(is_done).exists()
        )
    ).all()
