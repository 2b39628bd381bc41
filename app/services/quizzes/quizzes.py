"""The settings of a quiz, and what a learner sees of it before an attempt: no question, and no key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.enums import LessonType, Reveal
from app.errors.learning import NotAQuiz
from app.models import Enrollment, Lesson, Question, Quiz, QuizAttempt, QuizScore
from app.models.caller import Actor
from app.services.content import lessons_read
from app.services.quizzes import questions

SETTINGS = (
    "pass_percentage",
    "max_attempts",
    "time_limit_seconds",
    "grace_seconds",
    "shuffle_questions",
    "shuffle_answers",
    "reveal",
)


@dataclass(frozen=True)
class QuizTerms:
    """The settings of a quiz as they apply: those of its row, or the defaults."""

    pass_percentage: Decimal = Decimal(60)
    max_attempts: int | None = None
    time_limit_seconds: int | None = None
    grace_seconds: int = 30
    shuffle_questions: bool = False
    shuffle_answers: bool = True
    reveal: Reveal = Reveal.WHEN_DONE

    @classmethod
    def of(cls, quiz: Quiz | None) -> QuizTerms:
        return cls() if quiz is None else cls(**{name: getattr(quiz, name) for name in SETTINGS})


@dataclass(frozen=True, kw_only=True)
class QuizView(QuizTerms):
    """A quiz with its terms, its size, and where the viewer is in it."""

    id: UUID | None
    """None until it has been configured"""
    updated_at: datetime | None
    lesson_id: UUID
    question_count: int
    total_points: Decimal
    attempts_used: int
    best_score: Decimal | None
    is_passed: bool
    open_attempt_id: UUID | None

    @property
    def attempts_left(self) -> int | None:
        return attempts_left(self, self.attempts_used)


def attempts_left(terms: QuizTerms, used: int) -> int | None:
    """None where the quiz has no limit."""
    return None if terms.max_attempts is None else max(terms.max_attempts - used, 0)


def show(viewer: Actor, lesson_id: UUID) -> QuizView:
    """The quiz of a lesson, for everyone who may read the lesson."""
    lesson = lessons_read.get_readable(viewer, lesson_id)
    if lesson.type != LessonType.QUIZ:
        raise NotAQuiz
    return _view(lesson.id, viewer)


def configure(actor: Actor, lesson_id: UUID, **settings: Any) -> QuizView:
    """Replace the settings of a quiz. A time limit holds for attempts that start from now on."""
    lesson = questions.lock_quiz(actor, lesson_id)
    upsert = insert(Quiz).values(lesson_id=lesson.id, **settings)
    db.session.execute(
        upsert.on_conflict_do_update(
            constraint=Quiz.ONE_PER_LESSON, set_={**settings, "updated_at": func.now()}
        )
    )
    return _view(lesson.id, actor)


def _view(lesson_id: UUID, viewer: Actor) -> QuizView:
    quiz = db.session.scalar(
        select(Quiz).where(Quiz.lesson_id == lesson_id), execution_options={"populate_existing": True}
    )
    facts = db.session.execute(_facts(lesson_id, viewer)).mappings().one()
    return QuizView(
        id=quiz.id if quiz else None,
        updated_at=quiz.updated_at if quiz else None,
        lesson_id=lesson_id,
        **facts,
        **vars(QuizTerms.of(quiz)),
    )


def _facts(lesson_id: UUID, viewer: Actor) -> Select[*tuple[Any, ...]]:
    """The size of the quiz, and the attempts and the score of the viewer's enrollment, if there is one."""
    mine = (
        select(Enrollment.id)
        .join(Lesson, Lesson.course_id == Enrollment.course_id)
        .where(Lesson.id == lesson_id, Enrollment.user_id == viewer.id, Enrollment.holds_seat())
        .scalar_subquery()
    )
    present = and_(Question.lesson_id == lesson_id, Question.deleted_at.is_(None))
    attempts = and_(QuizAttempt.enrollment_id == mine, QuizAttempt.lesson_id == lesson_id)
    score = and_(QuizScore.enrollment_id == mine, QuizScore.lesson_id == lesson_id)
    columns: dict[str, Select[Any]] = {
        "question_count": select(func.count()).where(present),
        "total_points": select(func.coalesce(func.sum(Question.points), 0)).where(present),
        "attempts_used": select(func.count()).where(attempts, QuizAttempt.counts()),
        "best_score": select(QuizScore.best_score).where(score),
        "is_passed": select(func.count() > 0).where(score, QuizScore.passed_at.is_not(None)),
        "open_attempt_id": select(QuizAttempt.id).where(
            attempts, QuizAttempt.submitted_at.is_(None), QuizAttempt.counts()
        ),
    }
    return select(*(column.scalar_subquery().label(name) for name, column in columns.items()))
