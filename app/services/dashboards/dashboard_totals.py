"""The size of the platform, for every user."""

from __future__ import annotations

from typing import Any

from app.enums import CourseStatus, EnrollmentStatus, Role
from app.services.counters import tallies
from app.services.dashboards.figures import by_value


def compute() -> dict[str, Any]:
    numbers = tallies.read(*(tallies.under(stem) for stem in ("users", "courses", "enrollments")))
    return totals(numbers)


def totals(numbers: dict[str, int]) -> dict[str, int]:
    """Active users, courses that are not deleted, and seats held."""
    return {
        "total_users": sum(by_value("users", Role, numbers).values()),
        "total_courses": sum(by_value("courses", CourseStatus, numbers).values()),
        "total_enrollments": held(numbers),
    }


def held(numbers: dict[str, int]) -> int:
    """Seats: ACTIVE and COMPLETED enrollments."""
    by_status = by_value("enrollments", EnrollmentStatus, numbers)
    return by_status["ACTIVE"] + by_status["COMPLETED"]
