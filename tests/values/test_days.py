"""Days begin and end in the time zone of the platform, those of 23 and 25 hours too."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.enums import Role
from app.values import days
from environment import BadSettingError, config_from
from tests.support.http import assert_refused, data_of

ZURICH = ZoneInfo("Europe/Zurich")
NEEDED = {"DATABASE_URL": "postgresql://localhost/none", "REDIS_URL": "redis://localhost"}


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        ("UTC", "2026-12-31", "2026-12-31T00:00:00Z", "2026-12-31T23:59:59Z"),
        ("Europe/Zurich", "2026-12-31", "2026-12-30T23:00:00Z", "2026-12-31T22:59:59Z"),
        ("Europe/Zurich", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"),
        ("Europe/Zurich", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z"),
        ("Asia/Kolkata", "2026-12-31", "2026-12-30T18:30:00Z", "2026-12-31T18:29:59Z"),
        ("Pacific/Kiritimati", "2026-12-31", "2026-12-30T10:00:00Z", "2026-12-31T09:59:59Z"),
        # Clocks go forward at midnight: the day begins at one o'clock.
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", "2026-04-24T20:59:59Z"),
        # Clocks go back at midnight: the hour before it comes twice.
        ("Africa/Cairo", "2026-10-29", "2026-10-28T21:00:00Z", "2026-10-29T21:59:59Z"),
    ],
)
def test_a_day_begins_and_ends_where_the_platform_is(app, setting, zone, day, begins, ends):
    setting(timezone=ZoneInfo(zone))

    with app.app_context():
        first, last = days.beginning_of(date.fromisoformat(day)), days.end_of(date.fromisoformat(day))
        assert {days.today(first), days.today(last)} == {date.fromisoformat(day)}

    assert [first, last] == [datetime.fromisoformat(begins), datetime.fromisoformat(ends)]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-06-01", 24), ("2026-10-25", 25)])
def test_a_day_has_as_many_hours_as_the_clocks_give_it(app, setting, day, hours):
    setting(timezone=ZURICH)

    with app.app_context():
        whole = days.after(date.fromisoformat(day)) - days.beginning_of(date.fromisoformat(day))

    assert whole == timedelta(hours=hours)


def test_days_from_now_are_counted_on_the_calendar(app, setting):
    setting(timezone=ZURICH)
    late = datetime(2026, 3, 27, 23, 30, tzinfo=UTC)  # half past midnight on the 28th in Zurich

    with app.app_context():
        due = [days.in_days(number, since=late).isoformat() for number in (0, 1, 2)]

    assert due == ["2026-03-28T22:59:59+00:00", "2026-03-29T21:59:59+00:00", "2026-03-30T21:59:59+00:00"]


@pytest.mark.parametrize(
    "wrong",
    ["Mars/Olympus", "Europe", "../etc/passwd", "/etc/localtime", "localtime", "Europe/Zürich", "a\0b"],
)
def test_a_zone_that_does_not_exist_stops_the_start(wrong):
    with pytest.raises(
        BadSettingError, match=r"TIMEZONE must be a time zone of the IANA database, such as Europe/"
    ):
        config_from({**NEEDED, "TIMEZONE": wrong})


def test_the_zone_is_utc_where_none_is_set():
    assert config_from(NEEDED).timezone.key == "UTC"
    assert config_from({**NEEDED, "TIMEZONE": "America/St_Johns"}).timezone.key == "America/St_Johns"


def test_a_day_as_due_date_means_its_end(api, make, setting):
    setting(timezone=ZURICH)
    course, person = make.course(), make.student()
    admin = api.as_(make.admin())

    one = data_of(
        admin.post(f"/courses/{course.id}/assign", json={"email": person.email, "due_at": "2199-12-31"}), 201
    )
    body = {"emails": [make.student().email], "due_at": "2031-03-30"}
    many = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))

    assert one["due_at"] == "2199-12-31T22:59:59Z"
    assert many["results"][0]["after"]["due_at"] == "2031-03-30T21:59:59Z"


def test_a_due_date_can_be_sent_back_as_it_was_read(api, make, setting):
    """The last day of 2199 ends in 2200 in New York: such a time was stored and then refused."""
    setting(timezone=ZoneInfo("America/New_York"))
    course, admin = make.course(), api.as_(make.admin())

    def assigned(due_at):
        body = {"email": make.student().email, "due_at": due_at}
        return admin.post(f"/courses/{course.id}/assign", json=body)

    last = data_of(assigned("2199-12-30"), 201)["due_at"]

    assert data_of(assigned(last), 201)["due_at"] == last
    assert "due_at" in assert_refused(assigned("2199-12-31"), 422, "invalid_request")


def test_due_in_days_ends_with_the_day(api, make, setting):
    setting(timezone=ZURICH)
    body = {"emails": [make.student().email], "due_in_days": 30}

    report = data_of(api.as_(make.admin()).post(f"/courses/{make.course().id}/assign-multiple", json=body))

    due_at = datetime.fromisoformat(report["results"][0]["after"]["due_at"]).astimezone(ZURICH)
    assert (due_at.hour, due_at.minute, due_at.second) == (23, 59, 59)
    assert due_at.date() - datetime.now(ZURICH).date() in {timedelta(days=29), timedelta(days=30)}


@pytest.mark.parametrize("wrong", ["2026-12-31T17:00:00", "2026-12-31 17:00", "31.12.2026", "", "soon"])
def test_a_bad_due_date_is_shown_a_good_one(api, make, wrong):
    body = {"email": make.student().email, "due_at": wrong}

    details = assert_refused(
        api.as_(make.admin()).post(f"/courses/{make.course().id}/assign", json=body), 422, "invalid_request"
    )

    assert details["due_at"] == [
        "Give a day such as 2026-12-31, or a time with its zone such as 2026-12-31T17:00:00Z."
    ]


def test_a_due_date_in_the_past_is_allowed_and_counted(api, make):
    course = make.course()
    taking, late, finished, back = (make.student() for _ in range(4))
    done = {"completed_at": datetime.now(UTC), "completion_number": 1}
    make.enrollment(course, taking)
    make.enrollment(course, late, due_at=datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC))
    make.enrollment(course, finished, status="COMPLETED", **done)
    make.enrollment(course, back, status="CANCELLED", cancelled_at=datetime.now(UTC), **done)
    known = [person.email for person in (make.student(), make.student(), taking, late, finished, back)]
    people = [*known, "nobody@example.org"]
    body = {"emails": people, "due_at": "2026-01-31", "on_existing": "update_due"}
    admin = api.as_(make.admin())

    report = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))

    outcomes = {outcome: count for outcome, count in report["counts"].items() if count}
    assert outcomes == {
        "assigned": 2,
        "due_updated": 1,
        "already_enrolled": 2,
        "reactivated": 1,
        "not_found": 1,
    }
    assert report["overdue"] == 3, (
        "two who are new and one who is taking it: not who was late, not who completed it"
    )
    assert len(data_of(admin.get(f"/courses/{course.id}/enrollments?overdue=true"))) == 4


def test_a_due_date_to_come_is_not_overdue(api, make):
    body = {"emails": [make.student().email], "due_in_days": 0}

    report = data_of(api.as_(make.admin()).post(f"/courses/{make.course().id}/assign-multiple", json=body))

    assert (report["counts"]["assigned"], report["overdue"]) == (1, 0)


def test_due_filters_take_days(api, make, setting):
    setting(timezone=ZURICH)
    course, admin = make.course(), api.as_(make.admin())
    make.enrollment(course, due_at=datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC))  # the 31st in Zurich
    make.enrollment(course, due_at=datetime(2026, 12, 31, 23, 0, tzinfo=UTC))  # the 1st of January

    def listed(query):
        return len(data_of(admin.get(f"/courses/{course.id}/enrollments?{query}")))

    before = [listed(f"due_before={day}") for day in ("2026-12-30", "2026-12-31", "2027-01-01")]
    after = [listed(f"due_after={day}") for day in ("2026-12-30", "2026-12-31", "2027-01-01")]
    exactly = listed("due_before=2026-12-31T22:59:59Z")

    assert (before, after, exactly) == ([0, 1, 2], [2, 1, 0], 0)


EAST, WEST = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Niue")
"""Never on the same day."""


@pytest.mark.parametrize(("zone", "is_open"), [(WEST, True), (EAST, False)])
def test_admission_ends_with_the_day_of_the_platform(api, make, setting, zone, is_open):
    setting(timezone=zone)
    course = make.course(admission_deadline=datetime.now(WEST).date())

    told = data_of(api.get(f"/courses/{course.id}"))
    joined = api.as_(make.student()).post(f"/courses/{course.id}/enroll")

    assert (told["is_admission_open"], joined.status_code) == (is_open, 201 if is_open else 409)


@pytest.mark.parametrize(("zone", "status"), [(WEST, 201), (EAST, 422)])
def test_a_course_starts_today_or_later_in_the_zone_of_the_platform(api, make, setting, zone, status):
    setting(timezone=zone)
    body = {"title": "T", "description": "d", "class_starts": str(datetime.now(WEST).date())}

    assert api.as_(make.user(role=Role.INSTRUCTOR)).post("/courses", json=body).status_code == status
