"""Formats of figures: counts by value of an enumeration, rates, and the last months."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

MONTHS = 12


def by_value(stem: str, values: Iterable[str], numbers: dict[str, int]) -> dict[str, int]:
    """As `{"STUDENT": 3, "ADMIN": 0}`."""
    return {str(value): numbers.get(f"{stem}/{value}", 0) for value in values}


def ratio(part: float, whole: float) -> float | None:
    """Two decimals, or None for a whole of zero."""
    return round(part / whole, 2) if whole else None


def percentage(part: float, whole: float) -> float | None:
    return ratio(100 * part, whole)


def months() -> list[str]:
    """The last twelve months, oldest first, including the current one: `2026-11`."""
    now = datetime.now(UTC)
    latest = now.year * 12 + now.month - 1
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(latest - MONTHS + 1, latest + 1)]
