"""Calendar days in `TIMEZONE`: today, and the moments at which a day begins and ends.

Every day in a request or a rule is converted here. SQL gets timestamps, never the name of a time zone: so the
database's own time zone data, which may be older, has no influence.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from app.settings import settings

_A_DAY = timedelta(days=1)


def today(at: datetime | None = None) -> date:
    """The current day in `TIMEZONE`, or the day of another moment."""
    return (at or datetime.now(UTC)).astimezone(settings().timezone).date()


def beginning_of(day: date) -> datetime:
    """The first moment of a day, in UTC. A day has 23 or 25 hours where the clocks change."""
    return datetime.combine(day, time.min, settings().timezone).astimezone(UTC)


def after(day: date) -> datetime:
    """The first moment after the day."""
    return beginning_of(day + _A_DAY)


def end_of(day: date) -> datetime:
    """The last second of a day: what is due on a day is due then."""
    return after(day) - timedelta(seconds=1)


def in_days(number: int, *, since: datetime) -> datetime:
    """The end of so many days after the day of a moment."""
    return end_of(today(since) + number * _A_DAY)


def spelled(moment: datetime) -> str:
    """A moment for people to read: `31 December 2026, 23:59 UTC`."""
    local = moment.astimezone(settings().timezone)
    return f"{local.day} {local:%B %Y, %H:%M %Z}"
