"""Calendar days in `TIMEZONE`: which one is today, and the moments at which one begins and ends.

Every day that a person names or a rule compares with goes through here. SQL is given the moments, never the name of a
zone: so the database's own time zone rules, which may be older, decide nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from app.settings import settings

_A_DAY = timedelta(days=1)


def today(at: datetime | None = None) -> date:
    """The day that it is in `TIMEZONE` now, or was at another moment."""
    return (at or datetime.now(UTC)).astimezone(settings().timezone).date()


def beginning_of(day: date) -> datetime:
    """The first moment of a day, in UTC. A day has 23 or 25 hours where the clocks change."""
    return datetime.combine(day, time.min, settings().timezone).astimezone(UTC)


def after(day: date) -> datetime:
    """The first moment that no longer belongs to the day."""
    return beginning_of(day + _A_DAY)


def end_of(day: date) -> datetime:
    """The last second of a day: what is due on a day is due then."""
    return after(day) - timedelta(seconds=1)


def in_days(number: int, *, since: datetime) -> datetime:
    """The end of so many days after the day of a moment."""
    return end_of(today(since) + number * _A_DAY)


def spelled(moment: datetime) -> str:
    """A moment for people to read: `31 December 2026, 23:59 UTC`."""
    return f"{moment.astimezone(settings().timezone):%d %B %Y, %H:%M %Z}"
