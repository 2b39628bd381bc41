"""How figures are put: counts by word, rates, and months in a row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

MONTHS = 12


def by_word(stem: str, words: Iterable[str], numbers: dict[str, int]) -> dict[str, int]:
    """As `{"STUDENT": 3, "ADMIN": 0}`."""
    return {str(word): numbers.get(f"{stem}/{word}", 0) for word in words}


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
