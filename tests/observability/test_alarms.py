"""Alarms: what an operator should look at has a line that a machine finds, and a count that Prometheus reads."""

from datetime import timedelta

import pytest
from sqlalchemy import Integer, cast, literal, select, text

from app.db.session import db, transaction
from app.observability.alarms import Alarm
from app.services.catalogue import categories
from setting_parsers import Rate
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes

PASSWORD = "Analytical-Engine-1843"
WINDOW = timedelta(minutes=5)


@pytest.fixture
def stuff(api, setting):
    """Try another name from another address each time; all together may fail eight times in five minutes."""
    setting(ratelimit_enabled=True, ratelimit_login_everybody=Rate(8, 300))

    def attempt(number):
        return api.post(
            "/auth/login",
            json={"email": f"person{number}@example.org", "password": "wrong"},
            environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"},
        )

    return attempt


@pytest.fixture
def pass_time(app):
    def move(by):
        older = text("UPDATE attempts SET times = ARRAY(SELECT at - :by FROM unnest(times) AS at)")
        with app.app_context(), transaction():
            db.session.execute(older, {"by": by})

    return move


def test_what_has_not_happened_is_counted_as_none(app):
    told = app.test_client().get("/metrics").text

    assert all(f'rollcall_alarms_total{{event="{each.value}"}}' in told for each in Alarm)


def test_stuffing_sounds_once_and_not_with_every_request(stuff, lines, counts):
    answers = [stuff(number) for number in range(40)]

    assert outcomes(answers) == {"401 invalid_credentials": 8, "429 throttled": 32}
    [told] = lines("credential_stuffing")
    assert (told["level"], told["logger"]) == ("ERROR", "app.alarms")
    assert told["message"] == "all 8 attempts of 300 seconds are used up"
    assert counts() == {"credential_stuffing": 1}


def test_stuffing_at_the_same_moment_sounds_once(stuff, lines, counts):
    at_once(*[lambda number=number: stuff(number) for number in range(24)])

    assert len(lines("credential_stuffing")) == 1
    assert counts() == {"credential_stuffing": 1}


def test_stuffing_that_goes_on_sounds_once_in_five_minutes(stuff, lines, pass_time):
    for minute in range(15):
        for number in range(3):
            stuff(3 * minute + number)
        pass_time(timedelta(minutes=1))

    assert len(lines("credential_stuffing")) == 3, "in the minutes 2, 7 and 12"


def test_what_stays_below_the_budget_is_no_alarm(stuff, lines, counts, pass_time):
    for _ in range(3):
        for number in range(7):
            stuff(number)
        pass_time(WINDOW)

    assert lines("credential_stuffing") == []
    assert counts() == {}


def test_a_reused_refresh_token_sounds_once_for_its_session(api, make, setting, lines, counts):
    ada = make.student(email="ada@example.org", password=PASSWORD)
    given = data_of(api.post("/auth/login", json={"email": "ada@example.org", "password": PASSWORD}))
    body = {"refresh": given["tokens"]["refresh"]}
    data_of(api.post("/auth/refresh", json=body))
    setting(refresh_grace_seconds=0)

    answers = at_once(*[lambda: api.post("/auth/refresh", json=body)] * 6)

    assert outcomes(answers) == {"401 token_invalid": 6}
    [told] = lines("refresh_token_reused")
    assert (told["level"], told["user_id"]) == ("WARNING", str(ada.id))
    assert told["session_id"]
    assert counts() == {"refresh_token_reused": 1}


def test_a_value_that_only_the_database_refuses_sounds(api, monkeypatch, slips, lines, counts):
    too_large = select(cast(literal("9" * 30), Integer))
    monkeypatch.setattr(categories, "show", lambda *_: db.session.execute(too_large))

    assert_refused(api.get("/categories/any"), 422, "invalid_request")

    [told] = lines("value_slipped")
    assert told["level"] == "ERROR"
    assert counts() == {"value_slipped": 1}
    slips.clear()
