"""Why an enrollment is completed or not: each requirement, the percentage as a formula, and the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from app.db.session import db
from app.enums import CompletionRule, CourseStatus, EnrollmentStatus, PaymentStatus
from app.models import Course
from app.models.caller import Actor
from app.services.learning import progress_read, quiz_rule
from app.services.learning.enrollment_rows import EnrollmentRow
from app.settings import settings


@dataclass(frozen=True)
class Explanation:
    is_completed: bool
    completed_at: datetime | None
    formula: str
    requirements: Sequence[Row[Any]]
    next_step: str


def explain(viewer: Actor, enrollment_id: UUID) -> Explanation:
    """The requirements of completion, met and missing."""
    enrollment = progress_read.get_enrollment(viewer, enrollment_id)
    lessons = progress_read.lessons_in_order(enrollment.course_id, enrollment.id)
    requirements = db.session.execute(
        select(lessons, quiz_rule.rule_of(lessons.c.lesson_id, lessons.c.type).label("rule"))
        .where(lessons.c.is_counted)
        .order_by(lessons.c.position)
    ).all()
    return Explanation(
        is_completed=enrollment.is_completed,
        completed_at=enrollment.completed_at,
        formula=_formula(enrollment),
        requirements=requirements,
        next_step=_next_step(enrollment, requirements),
    )


def _formula(enrollment: EnrollmentRow) -> str:
    total, done = enrollment.total_lessons, enrollment.completed_lessons
    if not total:
        return "The course has no lessons, so it cannot be completed yet."
    kind = "lessons" if enrollment.optional_total == total else "required lessons"
    return (
        f"{done} of {total} {kind} completed: {done} / {total} × 100 = {enrollment.completion_percentage} %."
    )


def _next_step(enrollment: EnrollmentRow, requirements: Sequence[Row[Any]]) -> str:
    course = db.session.get_one(Course, enrollment.course_id)
    if enrollment.status != EnrollmentStatus.ACTIVE or course.is_deleted:
        return _nothing_to_learn(enrollment, course)
    if settings().paid_enrollment == "require" and enrollment.payment_status == PaymentStatus.UNPAID:
        return "Pay for the course; its lessons open then."
    missing = next((lesson for lesson in requirements if not lesson.is_completed), None)
    if missing is not None:
        verb = "Pass the quiz" if missing.rule == CompletionRule.PASS_QUIZ else "Complete"
        return f"{verb} “{missing.title}”, lesson {missing.position} of the course."
    return "Wait for the course's first lesson."


def _nothing_to_learn(enrollment: EnrollmentRow, course: Course) -> str:
    if enrollment.status == EnrollmentStatus.COMPLETED:
        return "Nothing: this enrollment is completed."
    if course.is_deleted:
        return "Nothing: the course is no longer there. What was done in it stays on record."
    if course.status != CourseStatus.PUBLISHED:
        return "Wait until the course is open again: this enrollment is cancelled and its progress is kept."
    return "Come back to the course: this enrollment is cancelled and its progress is kept."
