"""What was computed is remembered as JSON, for whom it was computed, and never needed."""

from __future__ import annotations

import dataclasses
import pickle
import time

import pytest
from redis import Redis

from app import create_app
from app.adapters import cache
from app.adapters.cache import Key
from app.adapters.redis import FAILURES
from app.db.session import db
from tests.support.races import at_once

KEY = Key("stats", "everybody", "1")


class Sum:
    """Counts how often it was asked."""

    def __init__(self, value=42):
        self.value = value
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return self.value


@pytest.fixture
def application(app, config):
    """An application whose cache is somewhere else; `app` is requested for its clean-up."""
    made = []

    def build(redis_url, timeout=0.2):
        made.append(
            create_app(dataclasses.replace(config, redis_url=redis_url, redis_timeout_seconds=timeout))
        )
        return made[-1]

    yield build
    for each in made:
        with each.app_context():
            db.engine.dispose()


@pytest.fixture
def redis(redis_url):
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.mark.parametrize("value", [42, 0, None, False, "", [], {}, {"a": [1, None]}])
def test_a_value_is_computed_once_whatever_it_is(app, value):
    compute = Sum(value)

    with app.app_context():
        answers = [cache.remember(KEY, compute) for _ in range(3)]

    assert answers == [value] * 3
    assert compute.asked == 1


@pytest.mark.parametrize(
    "other",
    [
        KEY._replace(figures="admin"),
        KEY._replace(principal="somebody"),
        KEY._replace(version="2"),
        KEY._replace(parameters="2026"),
    ],
)
def test_every_part_of_the_key_counts(app, other):
    with app.app_context():
        cache.remember(KEY, Sum(1))

        assert cache.remember(other, Sum(2)) == 2


def test_what_is_stored_is_json_and_goes_away_by_itself(app, redis):
    with app.app_context():
        cache.remember(KEY, Sum({"users": 3}))

    (name,) = redis.keys("rollcall:cache:*")
    assert redis.get(name) == b'[{"users":3}]'
    assert 590 <= redis.ttl(name) <= 600


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize(
    "planted", [b"!" + pickle.dumps(Bomb()), pickle.dumps(Bomb()), b"7", b"[]", b"{", b""]
)
def test_what_is_planted_in_redis_is_not_run_and_not_shown(app, redis, planted):
    with app.app_context():
        cache.remember(KEY, Sum(1))
        (name,) = redis.keys("rollcall:cache:*")
        redis.set(name, planted)

        assert cache.remember(KEY, Sum(2)) == 2


def test_without_redis_it_is_computed_every_time(application, nowhere):
    compute = Sum()

    with application(nowhere).app_context():
        answers = [cache.remember(KEY, compute) for _ in range(3)]

    assert answers == [42] * 3
    assert compute.asked == 3


def test_a_redis_that_hangs_is_soon_left_alone(application, silent_server):
    with application(silent_server.url).app_context():
        answers = [cache.remember(KEY, Sum()) for _ in range(100)]

    assert answers == [42] * 100
    assert len(silent_server.visits) == FAILURES


def test_a_redis_that_comes_back_is_used_again(application, nowhere, redis_url, monkeypatch):
    app, compute = application(nowhere), Sum()
    with app.app_context():
        cache.remember(KEY, compute)
        monkeypatch.setitem(app.extensions["cache"], cache.cache, _backend(application(redis_url, 2.0)))

        cache.remember(KEY, compute)
        cache.remember(KEY, compute)

    assert compute.asked == 2


def test_of_many_who_miss_at_once_one_computes(app):
    compute = Sum()

    def slowly():
        time.sleep(0.1)
        return compute()

    def read():
        with app.app_context():
            return cache.remember(KEY, slowly)

    assert at_once(*[read] * 16) == [42] * 16
    assert compute.asked == 1


def test_one_who_fails_to_compute_leaves_the_way_open(app):
    def fail():
        raise LookupError

    with app.app_context():
        with pytest.raises(LookupError):
            cache.remember(KEY, fail)

        assert cache.remember(KEY, Sum()) == 42


def _backend(app):
    return app.extensions["cache"][cache.cache]
