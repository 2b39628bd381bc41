"""The figures of the courses somebody teaches, and of one course in depth."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Float, Row, Select, Uuid, any_, cast, func, literal, select

from app.db import db
from app.enums import CourseStatus, EnrollmentStatus, PaymentStatus
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.lesson import Lesson
from app.models.section import Section
from app.models.user import User
from app.services import tallies
from app.services.dashboard_stats import percentage, ratio

SHOWN_COURSES = 100

Sums = dict[UUID, dict[str, Any]]


def course_ids_of(instructor: User) -> Sequence[UUID]:
    found = select(Course.id).where(Course.instructor_id == instructor.id, Course.deleted_at.is_(None))
    return db.session.scalars(found.order_by(Course.id)).all()


def compute(instructor: User) -> dict[str, Any]:
    """The sums are of all one's courses; the hundred newest are listed."""
    rows = db.session.execute(_courses().where(Course.instructor_id == instructor.id)).all()
    sums = _sums_of([row.id for row in rows[:SHOWN_COURSES]])
    rated = sum(row.rating_count for row in rows)
    return {
        "total_courses": len(rows),
        "published_courses": sum(row.status == CourseStatus.PUBLISHED for row in rows),
        "total_enrollments": sum(row.enrollment_count for row in rows),
        "average_rating": ratio(sum(row.rating_sum for row in rows), rated),
        "total_reviews": rated,
        "courses": [_figures_of(row, sums) for row in rows[:SHOWN_COURSES]],
    }


def compute_course(course_id: UUID) -> dict[str, Any]:
    row = db.session.execute(_courses().where(Course.id == course_id)).one()
    figures = _figures_of(row, _sums_of([course_id]))
    return {**figures, "funnel": _funnel(course_id, figures["ever_enrolled"])}


def _courses() -> Select[Any]:
    columns = (
        Course.id,
        Course.code,
        Course.title,
        Course.slug,
        Course.status,
        Course.enrollment_count,
        Course.rating_sum,
        Course.rating_count,
        cast(Course.average_rating, Float).label("average_rating"),
    )
    return (
        select(*columns)
        .where(Course.deleted_at.is_(None))
        .order_by(Course.created_at.desc(), Course.id.desc())
    )


def _sums_of(course_ids: Sequence[UUID]) -> Sums:
    """Who ever came, who has completed, and what was paid, by course."""
    completed = func.count().filter(Enrollment.status == EnrollmentStatus.COMPLETED)
    paid = func.sum(Enrollment.price_at_enrollment).filter(Enrollment.payment_status == PaymentStatus.PAID)
    found = (
        select(Enrollment.course_id, Enrollment.currency, func.count(), completed, paid)
        .where(Enrollment.course_id == any_(literal(list(course_ids), ARRAY(Uuid))))
        .group_by(Enrollment.course_id, Enrollment.currency)
        .order_by(Enrollment.currency)
    )
    sums: Sums = {}
    for course_id, currency, ever, done, amount in db.session.execute(found):
        each = sums.setdefault(course_id, {"ever_enrolled": 0, "completed": 0, "revenue": []})
        each["ever_enrolled"] += ever
        each["completed"] += done
        if amount:
            each["revenue"].append({"currency": currency, "amount": f"{Decimal(amount):.2f}"})
    return sums


def _figures_of(row: Row[Any], sums: Sums) -> dict[str, Any]:
    counted = sums.get(row.id, {"ever_enrolled": 0, "completed": 0, "revenue": []})
    return {
        "course_id": str(row.id),
        "code": row.code,
        "title": row.title,
        "slug": row.slug,
        "status": row.status,
        "students": row.enrollment_count,
        **counted,
        "completion_rate": percentage(counted["completed"], row.enrollment_count),
        "average_rating": row.average_rating,
        "total_reviews": row.rating_count,
        "average_quiz_score": None,
    }


def _funnel(course_id: UUID, ever_enrolled: int) -> list[dict[str, Any]]:
    """How many people got through each lesson, in the order of the course."""
    lessons = db.session.execute(
        select(Lesson.id, Lesson.title, Lesson.is_required)
        .join(Section, Section.id == Lesson.section_id)
        .where(Lesson.course_id == course_id, Lesson.deleted_at.is_(None))
        .order_by(Section.position, Lesson.position)
    ).all()
    done = tallies.read_named(f"lesson/{lesson.id}" for lesson in lessons)
    return [
        {
            "lesson_id": str(lesson.id),
            "title": lesson.title,
            "position": position,
            "is_required": lesson.is_required,
            "completed": done.get(f"lesson/{lesson.id}", 0),
            "completed_percentage": percentage(done.get(f"lesson/{lesson.id}", 0), ever_enrolled),
        }
        for position, lesson in enumerate(lessons, start=1)
    ]
