"""The platform's figures for admins, from counters and a few indexed queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Select, and_, cast, exists, func, select
from sqlalchemy.orm import aliased

from app.db.listings import folded
from app.db.session import db
from app.enums import CourseStatus, EnrollmentStatus, RequestStatus, Role
from app.models.category import Category
from app.models.course import Course
from app.models.course_change import CourseChange
from app.models.enrollment import Enrollment
from app.models.instructor_request import InstructorRequest
from app.models.session import Session
from app.models.user import User
from app.services.counters import tallies
from app.services.dashboards.dashboard_totals import held, totals
from app.services.dashboards.figures import by_value, months, percentage, ratio

TOP_COURSES = 10
WEEK = timedelta(days=7)
DECISIONS_LOOKED_AT = timedelta(days=90)
MOST_DECISIONS = 300


def compute() -> dict[str, Any]:
    numbers = _read_tallies()
    return {
        **totals(numbers),
        **_people(numbers),
        **_courses(numbers),
        **_learning(numbers),
        **_this_week(numbers),
        **_decision_times(),
        "top_courses": _top_courses(),
        "by_category": _by_category(numbers),
    }


def _read_tallies() -> dict[str, int]:
    stems = ("users", "courses", "enrollments", "decisions", "rating", "category")
    dated = ("registered", "created", "enrolled", "completed")
    due_until_today = ("due/", f"due/{_today().date().isoformat()}")
    return tallies.read(
        due_until_today,
        *(tallies.under(stem) for stem in stems),
        *(tallies.under(stem, months()[0]) for stem in dated),
        tallies.under("done", _week_began().date().isoformat()),
    )


def _people(numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "users_by_role": by_value("users", Role, numbers),
        "registrations": [
            {"month": month, **by_value(f"registered/{month}", Role, numbers)} for month in months()
        ],
    }


def _courses(numbers: dict[str, int]) -> dict[str, Any]:
    created = {month: numbers.get(f"created/{month}", 0) for month in months()}
    decisions = by_value("decisions", (CourseStatus.APPROVED, CourseStatus.REJECTED), numbers)
    by_status = by_value("courses", CourseStatus, numbers)
    return {
        "courses_by_status": by_status,
        "courses_created": [{"month": month, "courses": count} for month, count in created.items()],
        "creation_rate": ratio(sum(created.values()), len(created)),
        "course_decisions": decisions,
        "approval_rate": percentage(decisions["APPROVED"], sum(decisions.values())),
        "pending_course_decisions": by_status["PENDING"],
        "average_rating": ratio(numbers.get("rating/sum", 0), numbers.get("rating/count", 0)),
        "total_reviews": numbers.get("rating/count", 0),
    }


def _learning(numbers: dict[str, int]) -> dict[str, Any]:
    by_status = by_value("enrollments", EnrollmentStatus, numbers)
    return {
        "enrollments_by_status": by_status,
        "enrollments": [
            {
                "month": month,
                "enrolled": numbers.get(f"enrolled/{month}", 0),
                "completed": numbers.get(f"completed/{month}", 0),
            }
            for month in months()
        ],
        "enrollment_rate": ratio(held(numbers), numbers.get("users/STUDENT", 0)),
        "completion_rate": percentage(by_status["COMPLETED"], held(numbers)),
    }


def _this_week(numbers: dict[str, int]) -> dict[str, Any]:
    """Active users, completed lessons, overdue enrollments and pending requests of the last seven days."""
    is_overdue = and_(
        Enrollment.status == EnrollmentStatus.ACTIVE,
        Enrollment.due_at >= _today(),
        Enrollment.due_at < func.now(),
    )
    here = select(Session.user_id).where(Session.last_used_at >= _week_began()).distinct().subquery()
    learns = exists().where(Enrollment.user_id == here.c.user_id, Enrollment.holds_seat())
    is_inactive = exists().where(User.id == here.c.user_id, ~User.is_active)
    active = (
        select(func.count().label("users"), func.count().filter(learns).label("learners"))
        .select_from(here)
        .where(~is_inactive)
        .subquery()
    )
    overdue = select(func.count()).select_from(Enrollment).where(is_overdue).scalar_subquery()
    excused = _excused().scalar_subquery()
    pending = InstructorRequest.status == RequestStatus.PENDING
    requests = select(func.count()).select_from(InstructorRequest).where(pending).scalar_subquery()
    users, learners, late, asked = db.session.execute(
        select(active.c.users, active.c.learners, overdue - excused, requests)
    ).one()
    done = sum(count for name, count in numbers.items() if name.startswith("done/"))
    due_before = sum(count for name, count in numbers.items() if name.startswith("due/"))
    return {
        "active_users": users,
        "active_learners": learners,
        "lessons_completed": done,
        "engagement": ratio(done, learners),
        "overdue_assignments": due_before + late,
        "pending_instructor_requests": asked,
    }


def _excused() -> Select[int]:
    """Enrollments past their due date, in the counters, of an inactive user or a deleted course.

    These users and courses are few beside what is overdue, so each is looked up by an index.
    """
    is_late = and_(Enrollment.status == EnrollmentStatus.ACTIVE, Enrollment.due_at < func.now())
    of_people = (
        select(Enrollment.id)
        .join(User, User.id == Enrollment.user_id)
        .where(~User.is_active, User.deleted_at.is_(None), is_late)
    )
    deleted = select(Course.id).where(Course.deleted_at.is_not(None))
    of_courses = select(Enrollment.id).where(Enrollment.course_id.in_(deleted), is_late)
    return select(func.count()).select_from(of_people.union(of_courses).subquery())


def _decision_times() -> dict[str, Any]:
    """Hours from the submission of a course to its decision."""
    decision = aliased(CourseChange)
    asked_at = (
        select(func.max(CourseChange.created_at))
        .where(
            CourseChange.course_id == decision.course_id,
            CourseChange.action == "submitted",
            CourseChange.created_at <= decision.created_at,
        )
        .correlate(decision)
        .scalar_subquery()
    )
    hours = cast(func.extract("epoch", decision.created_at - asked_at), Float) / 3600
    waited = (
        select(hours.label("hours"))
        .where(decision.is_answer(), decision.created_at > func.now() - DECISIONS_LOOKED_AT)
        .order_by(decision.created_at.desc())
        .limit(MOST_DECISIONS)
        .subquery()
    )
    median = func.percentile_cont(0.5).within_group(waited.c.hours)
    count, mean, middle = db.session.execute(
        select(func.count(waited.c.hours), func.avg(waited.c.hours), median)
    ).one()
    return {
        "approval_times": {
            "decided": count,
            "average_hours": None if mean is None else round(mean, 2),
            "median_hours": None if middle is None else round(middle, 2),
        }
    }


def _top_courses() -> list[dict[str, Any]]:
    found = (
        select(
            Course.id,
            Course.code,
            Course.title,
            Course.slug,
            Course.enrollment_count,
            cast(Course.average_rating, Float).label("average_rating"),
        )
        .where(Course.status == CourseStatus.PUBLISHED, Course.deleted_at.is_(None))
        .order_by(Course.enrollment_count.desc(), Course.id.desc())
        .limit(TOP_COURSES)
    )
    return [{**row, "id": str(row["id"])} for row in db.session.execute(found).mappings()]


def _by_category(numbers: dict[str, int]) -> list[dict[str, Any]]:
    named = db.session.execute(select(Category.id, Category.name).order_by(folded(Category.name))).all()
    return [_of_category(category_id, name, numbers) for category_id, name in named]


def _of_category(category_id: UUID, name: str, numbers: dict[str, int]) -> dict[str, Any]:
    stem = f"category/{category_id}"
    return {
        "id": str(category_id),
        "name": name,
        "courses": numbers.get(f"{stem}/courses", 0),
        "enrollments": numbers.get(f"{stem}/enrollments", 0),
    }


def _week_began() -> datetime:
    """The start of the seven days that end today."""
    return _today() - WEEK + timedelta(days=1)


def _today() -> datetime:
    """The start of the day, in UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
