"""A learner's own figures. Users of every role can enroll, so all have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select

from app.adapters.storage import url_of
from app.db.session import db
from app.enums import EnrollmentStatus
from app.models.caller import Actor
from app.models.certificate import Certificate
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.services.learning.enrollment_rows import EnrollmentRow, select_shown

DUE_SOON = timedelta(days=7)
RECENT_COURSES = 5


def compute(student: Actor) -> dict[str, Any]:
    return {**_counts(student), "recent_courses": [_row(each) for each in _recent(student)]}


def _counts(student: Actor) -> dict[str, int]:
    active = Enrollment.status == EnrollmentStatus.ACTIVE
    certificates = (
        select(func.count())
        .select_from(Certificate)
        .join(Certificate.enrollment)
        .where(Enrollment.user_id == student.id, Certificate.revoked_at.is_(None))
        .scalar_subquery()
    )
    # Nothing is due in a deleted course, but the enrollment itself is still counted.
    is_due = and_(active, Course.deleted_at.is_(None))
    soon = and_(is_due, Enrollment.due_at >= func.now(), Enrollment.due_at < func.now() + DUE_SOON)
    counted = (
        select(
            func.count().filter(Enrollment.holds_seat()).label("enrolled"),
            func.count().filter(active).label("in_progress"),
            func.count().filter(Enrollment.status == EnrollmentStatus.COMPLETED).label("completed"),
            certificates.label("certificates"),
            func.count().filter(soon).label("due_soon"),
            func.count().filter(is_due, Enrollment.due_at < func.now()).label("overdue"),
        )
        .join(Enrollment.course)
        .where(Enrollment.user_id == student.id)
    )
    return dict(db.session.execute(counted).mappings().one())


def _recent(student: Actor) -> list[EnrollmentRow]:
    """The enrollments visited or started most recently."""
    latest = func.greatest(Enrollment.last_accessed, Enrollment.enrolled_at, Enrollment.reactivated_at)
    found = (
        select_shown()
        .where(Enrollment.user_id == student.id, Enrollment.holds_seat(), Course.deleted_at.is_(None))
        .order_by(latest.desc(), Enrollment.id.desc())
        .limit(RECENT_COURSES)
    )
    return [EnrollmentRow(*row) for row in db.session.execute(found)]


def _row(enrollment: EnrollmentRow) -> dict[str, Any]:
    course = enrollment.course
    names = course.thumbnail_names
    return {
        "enrollment_id": str(enrollment.id),
        "course": {
            "id": str(course.id),
            "code": course.code,
            "title": course.title,
            "slug": course.slug,
            "thumbnail": None
            if names is None
            else {size: url_of(name) for size, name in names._asdict().items()},
        },
        "status": enrollment.status,
        "completion_percentage": float(enrollment.completion_percentage),
        "due_at": _iso(enrollment.due_at),
        "last_accessed": _iso(enrollment.last_accessed),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
