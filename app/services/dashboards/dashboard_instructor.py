"""The figures of an instructor's courses, and of one course in depth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Row, Select, cast, distinct, func, select

from app.db.session import db
from app.enums import EnrollmentStatus
from app.models.caller import Actor
from app.models.course import Course
from app.models.lesson import Lesson
from app.models.section import Section
from app.services.counters import tallies
from app.services.dashboards.figures import percentage, ratio

SHOWN_COURSES = 100


def version_of(instructor: Actor) -> str:
    """The version for the cache key. It changes with every commit about the instructor's courses.

    The set of courses is part of it: a course that is added or removed brings or takes its own version.
    """
    shared = func.get_byte(func.uuid_send(Course.id), 15).op("&")(63)
    owned = select(
        func.array_agg(distinct(shared)), func.count(), func.sum(func.uuid_hash_extended(Course.id, 0))
    )
    mine = (Course.instructor_id == instructor.id, Course.deleted_at.is_(None))
    bytes_of_ids, number, mixed = db.session.execute(owned.where(*mine)).one()
    names = [tallies.CATALOGUE, *(f"version/course/{each}" for each in bytes_of_ids or ())]
    return f"{tallies.version(*names)}-{number}-{mixed}"


def compute(instructor: Actor) -> dict[str, Any]:
    """Sums over all courses of the instructor, and the hundred newest courses."""
    totals = tallies.of_teacher(instructor.id)
    newest = _courses().where(Course.instructor_id == instructor.id).limit(SHOWN_COURSES)
    rows = db.session.execute(newest).all()
    sums = tallies.of_courses([row.id for row in rows])
    return {
        "total_courses": totals.get("courses", 0),
        "published_courses": totals.get("published", 0),
        "total_enrollments": totals.get("enrollments", 0),
        "average_rating": ratio(totals.get("stars", 0), totals.get("reviews", 0)),
        "total_reviews": totals.get("reviews", 0),
        "courses": [_figures_of(row, sums[row.id]) for row in rows],
    }


def compute_course(course_id: UUID) -> dict[str, Any]:
    row = db.session.execute(_courses().where(Course.id == course_id)).one()
    figures = _figures_of(row, tallies.of_courses([course_id])[course_id])
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


def _figures_of(row: Row[Any], sums: dict[str, int]) -> dict[str, Any]:
    completed = sums.get(EnrollmentStatus.COMPLETED, 0)
    return {
        "course_id": str(row.id),
        "code": row.code,
        "title": row.title,
        "slug": row.slug,
        "status": row.status,
        "students": row.enrollment_count,
        "ever_enrolled": sum(sums.get(status, 0) for status in EnrollmentStatus),
        "completed": completed,
        "revenue": [
            {"currency": name.removeprefix("paid/"), "amount": f"{Decimal(cents) / 100:.2f}"}
            for name, cents in sums.items()
            if name.startswith("paid/") and cents
        ],
        "completion_rate": percentage(completed, row.enrollment_count),
        "average_rating": row.average_rating,
        "total_reviews": row.rating_count,
        "average_quiz_score": ratio(sums.get("quiz/hundredths", 0), 100 * sums.get("quiz/scores", 0)),
    }


def _funnel(course_id: UUID, ever_enrolled: int) -> list[dict[str, Any]]:
    """The number of completions of each lesson, in the order of the course."""
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
