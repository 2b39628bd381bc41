"""Attempts that end without being submitted, because their time is over: they are graded with what was saved of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, false, func, select

from app.db.session import among, db
from app.models import Course, Enrollment, Lesson, QuestionVersion, Quiz, QuizAttempt, Section
from app.services.learning import completion, lesson_order, progress_import
from app.services.learning.progress_import import CompletedLesson
from app.services.quizzes import grading, recording
from app.services.quizzes.quizzes import QuizTerms
from app.services.quizzes.recording import Graded

AT_ONCE = 500

MARGIN = timedelta(seconds=60)
"""A submit that came in time has ended by then, even if it waited for its locks as long as a statement may."""

_GRACE = func.make_interval(0, 0, 0, 0, 0, 0, QuizAttempt.grace_seconds)
_IS_OVER = func.coalesce(QuizAttempt.expires_at + _GRACE < func.now(), false())


def close_expired() -> bool:
    """Submit a limited number of attempts whose time is over. Whether there may be more."""
    is_over = QuizAttempt.expires_at + _GRACE < func.now() - MARGIN
    return _close(is_over, skip_locked=True) == AT_ONCE


def close_own(attempt_id: UUID) -> bool:
    """Submit this attempt, whose enrollment is locked, if its time is over or it no longer counts. Whether it was."""
    has_ended = _IS_OVER | ~QuizAttempt.counts()
    return _close(has_ended & (QuizAttempt.id == attempt_id), skip_locked=False) == 1


def _close(which: ColumnElement[bool], *, skip_locked: bool) -> int:
    rows = _lock(which, skip_locked=skip_locked)
    if not rows:
        return 0
    versions = _versions(rows)
    graded = [_graded(row, versions) for row in rows]
    recording.record(graded)
    passed = {each.attempt_id for each in graded if each.outcome.is_passed}
    complete([row for row in rows if row.is_counted and row.id in passed])
    return len(rows)


def complete(rows: Sequence[Any]) -> list[UUID]:
    """Complete the lesson of each of these attempts, which were passed and whose enrollments are locked, when it was submitted. Returns the completed enrollments.

    A lesson that the learner could not mark now, by the order of the course, its payment or their leaving, is not completed.

    :param rows: with `course_id`, `enrollment_id`, `lesson_id` and `submitted_at`
    """
    completed: list[UUID] = []
    for course_id, some in groupby(sorted(rows, key=_course_of), key=_course_of):
        passed = [(each.enrollment_id, each.lesson_id, each.submitted_at) for each in some]
        may_be = _to_complete(course_id, passed)
        done = [each for each in passed if each[:2] in may_be]
        if done:
            progress_import.complete_many(course_id, done, is_held=True)
            completed += completion.settle_held(course_id, enrollment_ids=[each[0] for each in done])
    return completed


def _to_complete(course_id: UUID, passed: Sequence[CompletedLesson]) -> set[tuple[UUID, UUID]]:
    """Enrollments and lessons as `progress` would complete them now, for learners who have passed."""
    enrollment_ids, lesson_ids, _ = zip(*passed, strict=True)
    found = (
        select(Enrollment.id, Lesson.id)
        .join(Course, Course.id == Enrollment.course_id)
        .join(Lesson, Lesson.course_id == Course.id)
        .join(Section, Section.id == Lesson.section_id)
        .where(Course.deleted_at.is_(None), Lesson.deleted_at.is_(None))
        .where(among(Enrollment.id, set(enrollment_ids)), among(Lesson.id, set(lesson_ids)))
        .where(Enrollment.holds_seat(), completion.is_paid(), lesson_order.is_open(course_id))
    )
    return {(row[0], row[1]) for row in db.session.execute(found)}


def _course_of(row: Any) -> UUID:
    found: UUID = row.course_id
    return found


def _lock(which: ColumnElement[bool], *, skip_locked: bool) -> Sequence[Row[Any]]:
    return db.session.execute(
        select(
            QuizAttempt.id,
            QuizAttempt.enrollment_id,
            QuizAttempt.lesson_id,
            QuizAttempt.version_ids,
            QuizAttempt.responses,
            QuizAttempt.expires_at.label("submitted_at"),
            _IS_OVER.label("is_over"),
            QuizAttempt.counts().label("is_counted"),
            Lesson.course_id,
            Quiz,
        )
        .join(Enrollment, Enrollment.id == QuizAttempt.enrollment_id)
        .join(Lesson, Lesson.id == QuizAttempt.lesson_id)
        .outerjoin(Quiz, Quiz.lesson_id == QuizAttempt.lesson_id)
        .where(QuizAttempt.submitted_at.is_(None), which)
        .order_by(QuizAttempt.expires_at)
        .limit(AT_ONCE)
        .with_for_update(key_share=True, of=[Enrollment, QuizAttempt], skip_locked=skip_locked)
    ).all()


def _versions(rows: Sequence[Row[Any]]) -> dict[UUID, grading.Content]:
    wanted = {each for row in rows for each in row.version_ids}
    found = select(QuestionVersion.id, QuestionVersion.identified()).where(among(QuestionVersion.id, wanted))
    return dict(map(tuple, db.session.execute(found)))


def _graded(row: Row[Any], versions: dict[UUID, grading.Content]) -> Graded:
    contents = [versions[each] for each in row.version_ids]
    outcome = grading.grade(contents, row.responses, QuizTerms.of(row.Quiz).pass_percentage)
    return Graded(row.id, outcome, row.responses, is_timed_out=row.is_over)
