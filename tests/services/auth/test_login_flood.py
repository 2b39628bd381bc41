"""A crowd that logs in waits its turn; a flood is mostly turned away, so that all other callers are served."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text

from app.adapters import passwords
from app.adapters.passwords import HashingLimiter
from app.db.session import db
from app.errors.requests import Unavailable
from setting_parsers import Rate
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes

PASSWORD = "Analytical-Engine-1843"
CROWD, SLOW = 20, Rate(1, 3_600)
BODIES = {
    "login": {"email": "ada@example.org", "password": PASSWORD},
    "register": {
        "email": "ada@example.org",
        "first_name": "Ada",
        "password": PASSWORD,
        "password_confirm": PASSWORD,
    },
    "change-password": {
        "old_password": PASSWORD,
        "new_password": PASSWORD,
        "new_password_confirm": PASSWORD,
    },
}


@pytest.fixture
def limiter(setting, monkeypatch):
    """Throttled by default figures, but slowly: no user has logged in yet, and after the crowd none will for a while."""
    setting(ratelimit_enabled=True, ratelimit_hashing=SLOW)
    monkeypatch.setattr(HashingLimiter, "BURST_SECONDS", CROWD * SLOW.seconds)
    fresh = HashingLimiter()
    monkeypatch.setattr(passwords, "_limiter", fresh)
    return fresh


@pytest.fixture
def flooded(limiter):
    for _ in range(CROWD):
        limiter.acquire(SLOW)
    return limiter


@pytest.fixture
def log_in(api):
    """`log_in(7)`, each number with a name and from an address of its own."""

    def attempt(number):
        return api.post(
            "/auth/login",
            json={"email": f"somebody{number}", "password": "wrong"},
            environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"},
        )

    return attempt


def attempts(app):
    with app.app_context():
        return db.session.scalar(text("SELECT count(*) FROM attempts"))


def test_a_burst_within_the_bucket_is_served(limiter, log_in):
    answers = at_once(*[partial(log_in, number) for number in range(CROWD)])

    assert outcomes(answers) == {"401 invalid_credentials": CROWD}


def test_beyond_the_burst_logins_get_a_503(limiter, log_in):
    answers = at_once(*[partial(log_in, number) for number in range(CROWD + 10)])

    assert outcomes(answers) == {"401 invalid_credentials": CROWD, "503 unavailable": 10}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.usefixtures("flooded")
@pytest.mark.parametrize("path", BODIES)
def test_all_that_hashes_for_any_caller_is_behind_one_limiter(api, make, path):
    client = api.as_(make.student())

    assert_refused(client.post(f"/auth/{path}", json=BODIES[path]), 503, "unavailable")


@pytest.mark.usefixtures("flooded")
def test_who_is_turned_away_costs_no_statement_and_has_not_tried(app, log_in, statements):
    with statements() as made:
        answer = log_in(1)

    assert_refused(answer, 503, "unavailable")
    assert made == []
    assert attempts(app) == 0


@pytest.mark.parametrize(("waits", "let_in"), [(3, 3), (1_000, CROWD)])
def test_with_time_there_is_room_again_for_a_crowd_at_most(flooded, log_in, waits, let_in):
    flooded._seen_at -= waits * SLOW.seconds

    answers = at_once(*[partial(log_in, number) for number in range(CROWD + 10)])

    assert outcomes(answers)["401 invalid_credentials"] == let_in


def test_the_crowd_is_what_comes_in_four_seconds(app, setting, monkeypatch):
    setting(ratelimit_enabled=True, ratelimit_hashing=Rate(300, 60))
    monkeypatch.setattr(passwords, "_limiter", HashingLimiter())
    monkeypatch.setattr(passwords, "monotonic", lambda: 0.0)

    with app.app_context():
        for _ in range(20):
            passwords.limit_hashing()
        with pytest.raises(Unavailable):
            passwords.limit_hashing()


@pytest.mark.usefixtures("flooded")
def test_who_is_signed_in_is_served_during_a_flood(api, make):
    assert data_of(api.as_(make.student()).get("/auth/me"))


@pytest.mark.usefixtures("flooded")
def test_without_throttling_no_login_is_refused(log_in, setting):
    setting(ratelimit_enabled=False)

    assert_refused(log_in(1), 401, "invalid_credentials")
