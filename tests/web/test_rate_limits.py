"""Every caller has a budget, on every operation, with or without Redis."""

from __future__ import annotations

import dataclasses
import re
import time
from itertools import count

import pytest
from redis import Redis

from app import create_app
from app.db.session import db
from setting_parsers import Rate
from tests.support.http import PREFIX, Client, assert_refused, data_of
from tests.support.races import at_once, outcomes

ONCE = Rate(1, 3_600)
BUDGETS = [
    *("anonymous", "user", "catalogue", "bulk", "pictures", "uploads", "register", "refresh"),
    *(
        "hashing",
        "login",
        "login_name",
        "login_address",
        "login_address_slow",
        "login_everybody",
        "mail_address",
        "mail_recipient",
    ),
]
UNKNOWN = "00000000-0000-7000-8000-000000000000"

_numbers = count(1)


@pytest.fixture
def limited(setting):
    """Throttling as `limited(user=Rate(2, 60))` has it; whatever is not named is plenty."""
    plenty = {f"ratelimit_{name}": Rate(10_000, 60) for name in BUDGETS}

    def limit(**rates):
        setting(
            ratelimit_enabled=True, **plenty | {f"ratelimit_{name}": rate for name, rate in rates.items()}
        )

    return limit


@pytest.fixture
def elsewhere(api):
    """Send requests from an address: `elsewhere("192.0.2.1").get(…)`."""

    class Elsewhere(Client):
        def request(self, method, path, **options):
            return super().request(method, path, environ_overrides={"REMOTE_ADDR": self.address}, **options)

    def build(address, token=None):
        client = Elsewhere(api.app, api.witness, token)
        client.address = address
        return client

    return build


@pytest.fixture
def without_redis(app, config, _witness):
    """A client of an application whose Redis is somewhere else."""
    made = []

    def build(redis_url, **values):
        application = create_app(
            dataclasses.replace(
                config, redis_url=redis_url, redis_timeout_seconds=0.2, ratelimit_enabled=True, **values
            )
        )
        made.append(application)
        return Client(application, _witness)

    yield build
    for each in made:
        with each.app_context():
            db.engine.dispose()


def test_beyond_the_budget_requests_are_refused_until_it_is_back(api, limited):
    limited(catalogue=Rate(2, 60))

    answers = [api.get("/courses") for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert_refused(answers[2], 429, "throttled")
    assert [each.headers["RateLimit-Remaining"] for each in answers] == ["1", "0", "0"]
    assert answers[2].headers["RateLimit-Limit"] == "2"
    assert answers[2].headers["RateLimit-Policy"] == "2;w=60"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert answers[2].headers["Retry-After"] == answers[2].headers["RateLimit-Reset"]
    assert "Retry-After" not in answers[1].headers


def test_after_the_time_in_retry_after_one_may_call_again(api, limited):
    limited(catalogue=Rate(1, 1))
    api.get("/courses")
    refused = api.get("/courses")

    time.sleep(int(refused.headers["Retry-After"]) + 0.1)

    assert data_of(api.get("/courses")) == []


def test_people_are_counted_one_by_one_wherever_they_are(api, make, limited):
    limited(user=Rate(1, 60))
    ada, bob = api.as_(make.student()), api.as_(make.student())

    answers = [client.get("/auth/me").status_code for client in (ada, bob, ada, bob)]

    assert answers == [200, 200, 429, 429]


def test_addresses_are_counted_one_by_one(elsewhere, limited):
    limited(anonymous=Rate(1, 60))

    answers = [
        elsewhere(address).get("/auth/me").status_code
        for address in (
            "192.0.2.1",
            "192.0.2.2",
            "192.0.2.1",
            "2001:db8::1",
            "2001:db8::2",
            "2001:db8:0:1::1",
        )
    ]

    assert answers == [401, 401, 429, 401, 429, 401]


def test_a_mapped_address_is_the_one_it_maps(elsewhere, limited):
    limited(anonymous=Rate(1, 60))

    answers = [elsewhere(where).get("/auth/me").status_code for where in ("192.0.2.1", "::ffff:192.0.2.1")]

    assert answers == [401, 429]


def test_requests_with_bad_tokens_are_counted_on_their_address(api, limited):
    limited(anonymous=Rate(1, 60))

    answers = [api.with_token("bad").get("/auth/me").status_code for _ in range(2)]

    assert answers == [401, 429]


def test_reading_the_catalogue_leaves_the_other_budgets_alone(api, make, limited):
    limited(catalogue=Rate(1, 60), anonymous=Rate(1, 60), user=Rate(1, 60))
    learner = api.as_(make.student())

    api.get("/courses")
    learner.get("/courses")

    assert api.get("/categories").status_code == 429
    assert learner.get("/reviews").status_code == 429
    assert api.get("/auth/me").status_code == 401
    assert learner.get("/auth/me").status_code == 200


def test_bulk_calls_have_a_budget_of_their_own(api, make, limited):
    limited(bulk=Rate(1, 60), user=Rate(1, 60))
    course, admin = make.course(), api.as_(make.admin())
    order = {"user_ids": [str(make.student().id)]}

    answers = [admin.post(f"/courses/{course.id}/assign-multiple", json=order).status_code for _ in range(2)]

    assert answers == [200, 429]
    assert admin.get("/auth/me").status_code == 200


def test_pictures_have_a_budget_of_their_own(api, make, limited):
    limited(pictures=Rate(1, 60), user=Rate(1, 60))
    student = api.as_(make.student())

    answers = [
        student.put(
            "/auth/me/picture", data={"file": "me.png"}, content_type="multipart/form-data"
        ).status_code
        for _ in range(2)
    ]

    assert answers == [422, 429]
    assert student.get("/auth/me").status_code == 200


def test_a_refused_request_changes_nothing(api, make, limited, statements):
    limited(user=Rate(1, 60))
    author = api.as_(make.instructor())
    author.get("/auth/me")

    with statements() as seen:
        response = author.post("/courses", json={"title": "More", "description": "Of the same."})

    assert_refused(response, 429, "throttled")
    assert len(seen) == 1, "who it is"


def test_no_operation_is_forgotten(app, elsewhere, limited):
    limited(**dict.fromkeys(BUDGETS, ONCE))
    forgotten = []
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            if not rule.rule.startswith(PREFIX):
                continue
            path = re.sub(r"<[^>]*>", UNKNOWN, rule.rule.removeprefix(PREFIX))
            client = elsewhere(f"10.0.{next(_numbers)}.1")
            client.request(method, path)
            if client.request(method, path).status_code != 429:
                forgotten.append(f"{method} {rule.rule}")

    assert forgotten == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/developers",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/problems",
        "/healthz",
        "/readyz",
        "/metrics",
        "/static/x",
    ],
)
def test_pages_and_probes_are_not_counted(app, limited, path):
    limited(**dict.fromkeys(BUDGETS, ONCE))

    answers = [app.test_client().get(path) for _ in range(3)]

    assert 429 not in {each.status_code for each in answers}
    assert not any("RateLimit-Limit" in each.headers for each in answers)


def test_a_preflight_is_not_counted(app, limited):
    limited(**dict.fromkeys(BUDGETS, ONCE))
    asking = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}

    answers = [app.test_client().options(f"{PREFIX}/auth/login", headers=asking) for _ in range(3)]

    assert {each.status_code for each in answers} == {204}


def test_switched_off_no_request_is_counted(api, limited, setting):
    limited(**dict.fromkeys(BUDGETS, ONCE))
    setting(ratelimit_enabled=False)

    answers = [api.get("/courses") for _ in range(3)]

    assert {each.status_code for each in answers} == {200}
    assert "RateLimit-Limit" not in answers[0].headers


def test_many_at_once_do_not_slip_through(api, limited):
    limited(catalogue=Rate(5, 60))

    answers = at_once(*[lambda: api.get("/courses")] * 16)

    assert outcomes(answers) == {"200": 5, "429 throttled": 11}


@pytest.mark.parametrize("trouble", ["nowhere", "silence"])
def test_without_redis_the_budgets_hold_and_no_request_waits(request, without_redis, silent_server, trouble):
    api = without_redis(request.getfixturevalue(trouble), ratelimit_catalogue=Rate(5, 60))

    answers = at_once(*[lambda: api.get("/courses")] * 8) + [api.get("/courses") for _ in range(40)]

    assert outcomes(answers) == {"200": 5, "429 throttled": 43}
    # Those that arrive at once may each find out by themselves; no other request waits.
    assert len(silent_server.visits) <= 8


def test_what_redis_refuses_is_counted_here(app, api, limited):
    limited(catalogue=Rate(2, 60))
    redis = app.extensions["rollcall-redis"]
    api.get("/courses")
    (counter,) = redis.keys("*catalogue*")
    redis.delete(counter)
    redis.hset(counter, "not", "a number")

    answers = [api.get("/courses").status_code for _ in range(3)]

    assert answers == [200, 200, 429]


def test_a_request_is_counted_in_one_round_trip(api, limited, redis_url):
    limited(catalogue=Rate(5, 60))
    api.get("/courses")
    sent = []

    with Redis.from_url(redis_url) as redis, redis.monitor() as monitor:
        answer = api.get("/courses")
        redis.echo("the end")
        for seen in monitor.listen():
            if seen["command"] == "ECHO the end":
                break
            if "catalogue" in seen["command"] and seen["client_type"] != "lua":
                sent.append(seen["command"].split()[0])

    assert answer.headers["RateLimit-Remaining"] == "3"
    assert sent == ["EVALSHA"]
