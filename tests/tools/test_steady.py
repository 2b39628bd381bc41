"""Recording the examples again changes only what has changed, at whatever time of the day."""

from datetime import UTC, datetime

import pytest

from tools.steady import moved, moved_month


@pytest.mark.parametrize("hour", [0, 9, 13, 23])
@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-11-30T{hour:02}:20:00Z", "2026-01-15T09:00:00Z"),
        ("2026-12-30T23:59:59.999999Z", "2026-02-14T09:00:00Z"),
        ("2026-12-14T{hour:02}:30:00.25Z", "2026-01-29T09:00:00Z"),
        ("2030-01-31T17:00:00Z", "2030-01-31T17:00:00Z"),
        ("2014-02-01T00:00:00Z", "2014-02-01T00:00:00Z"),
    ],
    ids=["now", "the end of a day", "in two weeks", "a fixed due date", "a record"],
)
def test_a_time_is_shown_the_same_whenever_it_is_recorded(moment, shown, hour):
    now = datetime(2026, 11, 30, hour, 30, tzinfo=UTC)

    assert moved(moment.format(hour=hour), now) == shown


@pytest.mark.parametrize("day", [1, 15, 31])
@pytest.mark.parametrize(
    ("month", "shown"),
    [("2026-12", "2026-01"), ("2026-01", "2025-02"), ("2027-01", "2026-02"), ("2014-10", "2014-10")],
    ids=["now", "the first of a year", "next", "a record"],
)
def test_a_month_is_shown_the_same_on_whatever_day_it_is_recorded(month, shown, day):
    assert moved_month(month, datetime(2026, 12, day, 9, tzinfo=UTC)) == shown
