"""Redis is waited for a moment, and after some failures not at all for a while."""

from __future__ import annotations

import time
from functools import partial

import pytest
from redis.exceptions import RedisError

from app.adapters import redis
from app.adapters.redis import CircuitOpen
from tests.support.races import at_once
from tests.support.waiting import until


def troubles(client, times):
    """What each of so many pings ends with."""
    seen = []
    for _ in range(times):
        with pytest.raises(RedisError) as trouble:
            client.ping()
        seen.append(trouble.type)
    return seen


def test_a_server_that_is_silent_is_waited_for_three_times(silent_server):
    client = redis.client(silent_server.url, timeout=0.1)

    seen = troubles(client, 100)

    assert CircuitOpen not in seen[: redis.FAILURES]
    assert set(seen[redis.FAILURES :]) == {CircuitOpen}
    assert len(silent_server.visits) == redis.FAILURES


def test_a_request_waits_for_a_silent_server_once(app, silence):
    """As many as come at that moment: before the breaker opens, each would wait for its budget, its cache, its queue."""
    client = redis.client(silence, timeout=0.1)

    with app.test_request_context():
        first = troubles(client, 3)
    with app.test_request_context():
        second = troubles(client, 3)

    assert CircuitOpen not in (first[0], second[0])
    assert {*first[1:], *second[1:]} == {CircuitOpen}


def test_pipelines_stand_behind_the_same_breaker(silence):
    client = redis.client(silence, timeout=0.1)
    troubles(client, redis.FAILURES)
    pipeline = client.pipeline()
    pipeline.ping()

    with pytest.raises(CircuitOpen):
        pipeline.execute()


def test_after_the_pause_it_is_asked_again(silence, monkeypatch):
    monkeypatch.setattr(redis, "OPEN_SECONDS", 0.3)
    client = redis.client(silence, timeout=0.1)
    troubles(client, redis.FAILURES + 1)

    time.sleep(0.35)
    monkeypatch.setattr(redis, "OPEN_SECONDS", 60)
    again = troubles(client, 2)

    assert again[0] is not CircuitOpen
    assert again[1] is CircuitOpen, "one failure is enough now"


def test_a_server_that_answers_again_is_trusted_again(redis_url, monkeypatch):
    monkeypatch.setattr(redis, "OPEN_SECONDS", 1.0)
    client = redis.client(redis_url, timeout=2.0)
    breaker = client.get_retry().breaker
    for _ in range(redis.FAILURES):
        breaker.note_failure()

    with pytest.raises(CircuitOpen):
        client.ping()
    time.sleep(1.1)

    assert client.ping()
    breaker.note_failure()
    assert client.ping(), "failures are counted from 0 again"


def test_threads_that_have_ended_use_up_no_connection(app, redis_url):
    client = redis.client(redis_url, timeout=2.0)
    script = redis.Script(client, "return tonumber(ARGV[1])")
    before = client.info("clients")["connected_clients"]

    for _ in range(5):
        calls = [partial(script, "threads", number) for number in range(20)]
        assert at_once(*calls) == list(range(20))

    assert client.connection_pool._created_connections <= 1
    until(lambda: client.info("clients")["connected_clients"] <= before + 1)


SUM = "return redis.call('incrby', KEYS[1], ARGV[1])"


def test_a_script_is_sent_again_to_a_server_that_has_forgotten_it(config):
    client = redis.client(config.redis_url, timeout=1)
    script = redis.Script(client, SUM)
    client.delete("sum")

    assert script("sum", 2) == 2
    client.script_flush()

    assert script("sum", 3) == 5


def test_a_script_outlives_a_connection_that_the_server_closed(config):
    client = redis.client(config.redis_url, timeout=1)
    script = redis.Script(client, SUM)
    client.delete("sum")
    assert script("sum", 2) == 2

    client.client_kill_filter(_id=script._send("CLIENT", "ID"))

    assert script("sum", 3) == 5


def test_a_script_is_behind_the_breaker(silence):
    script = redis.Script(redis.client(silence, timeout=0.1), SUM)
    seen = []

    for _ in range(redis.FAILURES + 1):
        with pytest.raises(RedisError) as trouble:
            script("sum", 1)
        seen.append(trouble.type)

    assert CircuitOpen not in seen[: redis.FAILURES]
    assert seen[redis.FAILURES] is CircuitOpen
