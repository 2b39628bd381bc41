"""Starting an attempt: who may, and which questions in which order.

The learner's enrollment is locked first. Of any number of racing requests one starts an attempt, and no learner makes more
attempts than the quiz allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import SystemRandom
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, and_, func, select

from app.db.session import db, refusing
from app.enums import LessonType, QuestionType
from app.errors.learning import (
    AttemptOpen,
    AttemptsUsedUp,
    NotAQuiz,
    PaymentRequired,
    QuizEmpty,
)
from app.models import Course, Enrollment, Lesson, Question, Quiz, QuizAttempt
from app.models.caller import Actor
from app.services.learning import completion, lesson_order, progress
from app.services.quizzes import attempt_rows, attempt_views, closing
from app.services.quizzes.attempt_responses import TYPED
from app.services.quizzes.attempt_views import AttemptView
from app.services.quizzes.quizzes import QuizTerms, attempts_left

_random = SystemRandom()


class _Before(NamedTuple):
    """The attempts of the learner so far."""

    number: int
    used: int
    open_id: UUID | None


def start(learner: Actor, lesson_id: UUID) -> AttemptView:
    """Start an attempt. One whose time is over, or that is superseded, is submitted first, with what was saved of it."""
    enrollment_id = _lock_enrollment(learner, lesson_id)
    if enrollment_id is None:
        progress.refuse_outsider(learner, lesson_id)
    terms = _open_quiz(enrollment_id, lesson_id)
    before = _before(enrollment_id, lesson_id)
    if before.open_id is not None and not closing.close_own(before.open_id):
        raise AttemptOpen(details={"attempt_id": [str(before.open_id)]})
    if attempts_left(terms, before.used) == 0:
        raise AttemptsUsedUp
    attempt = _attempt(enrollment_id, lesson_id, before.number + 1, terms)
    refusals = {QuizAttempt.ONE_OPEN: AttemptOpen(), QuizAttempt.ONE_PER_NUMBER: AttemptOpen()}
    with refusing(refusals):
        db.session.add(attempt)
    return attempt_views.view_of(attempt_rows.get_visible(learner, attempt.id))


def _lock_enrollment(learner: Actor, lesson_id: UUID) -> UUID | None:
    return db.session.scalar(
        select(Enrollment.id)
        .join(Course, Course.id == Enrollment.course_id)
        .join(Lesson, Lesson.course_id == Course.id)
        .where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None), Course.deleted_at.is_(None))
        .where(Enrollment.user_id == learner.id, Enrollment.holds_seat())
        .with_for_update(key_share=True, of=Enrollment)
    )


def _open_quiz(enrollment_id: UUID, lesson_id: UUID) -> QuizTerms:
    """The terms of the quiz, if this enrollment may take it now."""
    facts = db.session.execute(
        select(
            Lesson.type, Lesson.course_id, Course.enforce_order, completion.is_paid().label("is_paid"), Quiz
        )
        .join(Course, Course.id == Lesson.course_id)
        .join(Enrollment, Enrollment.course_id == Course.id)
        .outerjoin(Quiz, Quiz.lesson_id == Lesson.id)
        .where(Lesson.id == lesson_id, Enrollment.id == enrollment_id),
        execution_options={"populate_existing": True},
    ).one()
    if not facts.is_paid:
        raise PaymentRequired
    if facts.type != LessonType.QUIZ:
        raise NotAQuiz
    if facts.enforce_order:
        lesson_order.refuse_skipping(facts.course_id, enrollment_id, lesson_id)
    return QuizTerms.of(facts.Quiz)


def _before(enrollment_id: UUID, lesson_id: UUID) -> _Before:
    own = and_(QuizAttempt.enrollment_id == enrollment_id, QuizAttempt.lesson_id == lesson_id)
    open_id = select(QuizAttempt.id).where(own, QuizAttempt.submitted_at.is_(None)).scalar_subquery()
    highest = select(func.coalesce(func.max(QuizAttempt.number), 0)).where(own).scalar_subquery()
    used = select(func.count()).where(own, QuizAttempt.counts()).scalar_subquery()
    return _Before(*db.session.execute(select(highest, used, open_id)).one())


def _attempt(enrollment_id: UUID, lesson_id: UUID, number: int, terms: QuizTerms) -> QuizAttempt:
    questions = db.session.execute(
        select(Question.id, Question.version_id, Question.type, Question.answers)
        .where(Question.lesson_id == lesson_id, Question.deleted_at.is_(None))
        .order_by(Question.position)
    ).all()
    if not questions:
        raise QuizEmpty
    shown = _shuffled(questions) if terms.shuffle_questions else questions
    limit = terms.time_limit_seconds
    return QuizAttempt(
        enrollment_id=enrollment_id,
        lesson_id=lesson_id,
        number=number,
        version_ids=[each.version_id for each in shown],
        orders={str(each.id): _order(each, terms) for each in shown if each.type not in TYPED},
        expires_at=func.now() + timedelta(seconds=limit) if limit else None,
        grace_seconds=terms.grace_seconds if limit else 0,
    )


def _order(question: Row[Any], terms: QuizTerms) -> list[int]:
    """The ids of the answers as they are shown. True stays before false."""
    ids = [each["id"] for each in question.answers]
    is_shuffled = terms.shuffle_answers and question.type != QuestionType.TRUE_FALSE
    return _shuffled(ids) if is_shuffled else ids


def _shuffled(items: Sequence[Any]) -> list[Any]:
    return _random.sample(items, len(items))
