"""The size of the platform, and how its figures are put: rates, and months in a row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from app.enums import CourseStatus, EnrollmentStatus, Role
from app.services import tallies

MONTHS = 12


def compute() -> dict[str, Any]:
    numbers = tallies.read(*(tallies.under(stem) for stem in ("users", "courses", "enrollments")))
    return totals(numbers)


def totals(numbers: dict[str, int]) -> dict[str, int]:
    """Active accounts, courses that are not deleted, seats held."""
    return {
        "total_users": sum(by_word("users", Role, numbers).values()),
        "total_courses": sum(by_word("courses", CourseStatus, numbers).values()),
        "total_enrollments": held(numbers),
    }


def by_word(stem: str, words: Iterable[str], numbers: dict[str, int]) -> dict[str, int]:
    """As `{"STUDENT": 3, "ADMIN": 0}`."""
    return {str(word): numbers.get(f"{stem}/{word}", 0) for word in words}


def held(numbers: dict[str, int]) -> int:
    """Seats: ACTIVE and COMPLETED enrollments."""
    by_status = by_word("enrollments", EnrollmentStatus, numbers)
    return by_status["ACTIVE"] + by_status["COMPLETED"]


def ratio(part: float, whole: float) -> float | None:
    """Two decimals; of nothing there is no ratio."""
    return round(part / whole, 2) if whole else None


def percentage(part: float, whole: float) -> float | None:
    return ratio(100 * part, whole)


def months() -> list[str]:
    """The last twelve, oldest first, the present one included: `2026-11`."""
    now = datetime.now(UTC)
    latest = now.year * 12 + now.month - 1
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(latest - MONTHS + 1, latest + 1)]
