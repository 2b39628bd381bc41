"""Moments as clients write them in a cell or a member: ISO 8601 with a zone, or a day that means its end."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from app.values import days

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Times outside these bounds would be accepted by PostgreSQL and break every later reader."""


def read(text: str) -> datetime | None:
    """The moment, in UTC; a day means its end in `TIMEZONE`. None for what is neither."""
    try:
        if DAY.fullmatch(text):
            moment = days.end_of(date.fromisoformat(text))
        elif INSTANT.fullmatch(text):
            moment = datetime.fromisoformat(text).astimezone(UTC)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return moment if EARLIEST <= moment < LATEST else None
