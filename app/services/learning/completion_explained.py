"""Why an enrollment is completed or not: each requirement, the percentage as a formula, and the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from app.db.session import db
from app.enums import CompletionRule, CourseStatus, EnrollmentStatus, NextStep, PaymentStatus
from app.models import Course
from app.models.caller import Actor
from app.services.learning import completion_rules, homework, progress_read
from app.services.learning.enrollment_rows import EnrollmentRow
from app.settings import settings


@dataclass(frozen=True)
class Explanation:
    is_completed: bool
    completed_at: datetime | None
    formula: str
    requirements: Sequence[Row[Any]]
    next_step: str
    next_step_code: NextStep


_SENTENCES = {
    NextStep.COMPLETE_LESSON: "Complete “{lesson.title}”, lesson {lesson.position} of the course.",
    NextStep.SUBMIT_HOMEWORK: "Submit your homework for “{lesson.title}”, lesson {lesson.position} of the course.",
    NextStep.WAIT_FOR_GRADE: "Wait for the grade of your homework for “{lesson.title}”, lesson {lesson.position} of the course.",
    NextStep.PASS_QUIZ: "Pass the quiz “{lesson.title}”, lesson {lesson.position} of the course.",
    NextStep.PAY: "Pay for the course; its lessons open then.",
    NextStep.WAIT_FOR_LESSONS: "Wait for the course's first lesson.",
    NextStep.COMPLETED: "Nothing: this enrollment is completed.",
    NextStep.COURSE_DELETED: "Nothing: the course is no longer there. What was done in it stays on record.",
    NextStep.WAIT_UNTIL_OPEN: "Wait until the course is open again: this enrollment is cancelled and its progress is kept.",
    NextStep.COME_BACK: "Come back to the course: this enrollment is cancelled and its progress is kept.",
}


def explain(viewer: Actor, enrollment_id: UUID) -> Explanation:
    """The requirements of completion, met and missing."""
    enrollment = progress_read.get_enrollment(viewer, enrollment_id)
    lessons = progress_read.lessons_in_order(enrollment.course_id, enrollment.id)
    state = homework.current_state(enrollment.id, lessons.c.lesson_id).label("submission_state")
    requirements = db.session.execute(
        select(
            lessons,
            state,
            completion_rules.rule_of(lessons.c.lesson_id, lessons.c.type).label("rule"),
        )
        .where(lessons.c.is_counted)
        .order_by(lessons.c.position)
    ).all()
    missing = next((lesson for lesson in requirements if not lesson.is_completed), None)
    step = _next_step(enrollment, missing)
    return Explanation(
        is_completed=enrollment.is_completed,
        completed_at=enrollment.completed_at,
        formula=_formula(enrollment),
        requirements=requirements,
        next_step=_SENTENCES[step].format(lesson=missing),
        next_step_code=step,
    )


def _formula(enrollment: EnrollmentRow) -> str:
    total, done = enrollment.total_lessons, enrollment.completed_lessons
    if not total:
        return "The course has no lessons, so it cannot be completed yet."
    kind = "lessons" if enrollment.optional_total == total else "required lessons"
    return (
        f"{done} of {total} {kind} completed: {done} / {total} × 100 = {enrollment.completion_percentage} %."
    )


def _next_step(enrollment: EnrollmentRow, missing: Row[Any] | None) -> NextStep:
    course = db.session.get_one(Course, enrollment.course_id)
    if enrollment.status != EnrollmentStatus.ACTIVE or course.is_deleted:
        return _nothing_to_learn(enrollment, course)
    if settings().paid_enrollment == "require" and enrollment.payment_status == PaymentStatus.UNPAID:
        return NextStep.PAY
    if missing is None:
        return NextStep.WAIT_FOR_LESSONS
    if missing.rule == CompletionRule.PASS_QUIZ:
        return NextStep.PASS_QUIZ
    if missing.rule == CompletionRule.MARK:
        return NextStep.COMPLETE_LESSON
    return homework.next_step(missing.submission_state)


def _nothing_to_learn(enrollment: EnrollmentRow, course: Course) -> NextStep:
    if enrollment.status == EnrollmentStatus.COMPLETED:
        return NextStep.COMPLETED
    if course.is_deleted:
        return NextStep.COURSE_DELETED
    return NextStep.COME_BACK if course.status == CourseStatus.PUBLISHED else NextStep.WAIT_UNTIL_OPEN
