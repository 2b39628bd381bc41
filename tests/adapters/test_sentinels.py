"""Redis under Sentinels: a failover is noticed by connecting again, and no request waits longer for it than for one server."""

from __future__ import annotations

import ast
import dataclasses
import signal
import threading
import time

import pytest
from redis import Redis, SSLConnection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooSlow
from rq.connections import get_connection_kwargs

from app import create_app
from app.adapters import cache, queue, redis, redis_patience, redis_pools
from app.adapters.cache import Key
from app.db.session import db, transaction
from app.enums import Lane
from app.services.learning import enrollment_notices
from setting_parsers import Rate
from tests.support.http import Client
from tests.support.waiting import until

SUM = "return redis.call('incrby', KEYS[1], ARGV[1])"


@pytest.fixture
def application(app, config):
    """An application with another Redis; `app` is requested for its clean-up."""
    made = []

    def build(redis_url):
        own = dataclasses.replace(
            config, redis_url=redis_url, ratelimit_enabled=True, ratelimit_catalogue=Rate(1_000, 3_600)
        )
        made.append(create_app(dataclasses.replace(own, redis_timeout_seconds=0.3)))
        return made[-1]

    yield build
    for each in made:
        with each.app_context():
            db.engine.dispose()


def test_after_a_failover_cache_limits_and_queue_are_on_the_new_primary(
    application, make, watched, _witness, monkeypatch
):
    """The machine of the primary is lost with the Sentinel that the URL names first."""
    monkeypatch.setattr(redis, "OPEN_SECONDS", 0.5)
    enrollment = make.enrollment(make.course())
    servers = watched(3)
    there = application(servers.url)
    client = Client(there, _witness)
    assert left_of(client) == 999

    servers.servers[0].kill()
    servers.sentinels[0].kill()
    waits = []
    while servers.primary_port() != servers.servers[1].port:
        began = time.monotonic()
        left_of(client)
        waits.append(time.monotonic() - began)
    servers.await_failover()
    with there.app_context():
        until(queue.is_reachable, 5)
        cache.remember(Key("stats", "everybody", "1"), lambda: 42)
        with transaction():
            enrollment_notices.notify_completed([enrollment.id])
        cached = cache.remember(Key("stats", "everybody", "1"), lambda: 43)
        key = queue.jobs(Lane.BULK).key

    with servers.servers[1].client() as primary:
        assert primary.keys("rollcall:cache:*") != []
        assert primary.llen(key) == 1
        left = left_of(client)
        [name] = primary.keys("LIMITS*")
        counted = int(primary.get(name))
    assert cached == 42
    assert left == 1_000 - counted
    assert counted > 1, "the first request is known to it as well"
    assert len(waits) > 5
    assert max(waits) < 1.0


def left_of(client):
    response = client.get("/courses")
    assert response.status_code == 200
    return int(response.headers["RateLimit-Remaining"])


def test_a_script_leaves_a_server_that_has_become_a_replica(watched):
    """The connection that a thread keeps stays open, and a script is not refused as other commands are."""
    servers = watched()
    script = redis.Script(redis.client(servers.url, timeout=1), SUM)
    assert script("sum", 1) == 1
    until(lambda: servers.servers[1].ask("GET", "sum") == b"1")

    servers.swap()

    assert script("sum", 1) == 2
    assert int(servers.servers[1].ask("GET", "sum")) == 2


@pytest.mark.parametrize("is_cut_off", [True, False], ids=["cut off", "demoted"])
def test_a_command_leaves_a_server_that_is_the_primary_no_more(watched, is_cut_off):
    servers = watched()
    client = redis.client(servers.url, timeout=1)
    client.set("name", "first")

    servers.swap(is_cut_off=is_cut_off)
    client.set("name", "second")

    assert servers.servers[1].ask("GET", "name") == b"second"


def test_a_reply_that_comes_too_late_is_not_taken_for_the_next_one(watched):
    """It could be the figures of another user."""
    servers = watched()
    client = redis.client(servers.url, timeout=1)
    client.set("bob", "his")

    with pytest.raises(TooSlow):
        client.blpop("nothing", timeout=2)

    assert client.get("bob") == b"his"


def test_a_process_that_follows_no_failover_is_given_the_primary(watched):
    """RQ writes the options of a connection into the source of the processes that it spawns."""
    servers = watched()
    client = redis_pools.direct(redis_patience.client(servers.url))

    options = get_connection_kwargs(client)
    options = {name: value for name, value in options.items() if name != "retry"}
    with Redis(**ast.literal_eval(repr(options))) as spawned:
        spawned.set("name", "value")

    assert servers.servers[0].ask("GET", "name") == b"value"


@pytest.fixture
def taking():
    """Take the next element of a list with a client of a worker, in a thread: `taking(url)` returns what was taken."""
    threads = []

    def run(url):
        taken = []
        client = redis_patience.client(url)
        client.ping()
        thread = threading.Thread(target=lambda: taken.append(client.blpop("jobs", timeout=0)))
        thread.start()
        threads.append((thread, client))
        return taken

    yield run
    for thread, client in threads:
        redis_patience.limit(client, 0)
        client.connection_pool.disconnect()
        thread.join(10)


@pytest.mark.parametrize("is_killed", [True, False], ids=["killed", "demoted"])
def test_a_command_that_blocks_goes_on_at_the_new_primary(watched, taking, is_killed, monkeypatch):
    monkeypatch.setattr(redis_patience, "WAIT_SECONDS", 0.1)
    servers = watched()
    first, second = servers.servers
    taken = taking(servers.url)
    until(lambda: blocked(first) == 1)

    if is_killed:
        first.kill()
        servers.await_failover()
    else:
        servers.swap()
    until(lambda: blocked(second) == 1, 10)
    second.ask("RPUSH", "jobs", "one")

    until(lambda: taken, 5)
    assert taken == [(b"jobs", b"one")]


def blocked(server):
    with server.client() as client:
        return client.info("clients")["blocked_clients"]


@pytest.mark.parametrize("which", ["all Sentinels", "two Sentinels and the primary"])
def test_what_hangs_is_waited_for_as_long_as_one_server(watched, which):
    servers = watched(3)
    client = redis.client(servers.url, timeout=0.6)
    hanging = servers.sentinels if which == "all Sentinels" else (*servers.sentinels[:2], servers.servers[0])
    for each in hanging:
        each.process.send_signal(signal.SIGSTOP)

    began = time.monotonic()
    with pytest.raises(RedisError):
        client.ping()
    waited = time.monotonic() - began
    for each in hanging:
        each.process.send_signal(signal.SIGCONT)

    assert 0.3 < waited < 0.75


def test_a_tls_url_of_sentinels_uses_tls_for_them_and_for_the_servers():
    url = "rediss+sentinel://one,two/mymaster?ssl_ca_certs=/etc/ssl/redis.pem"

    pool = redis_pools.pool(url, socket_connect_timeout=1)

    assert issubclass(pool.connection_class, SSLConnection)
    sentinels = [each.connection_pool for each in pool.sentinel_manager.sentinels]
    assert [each.connection_class for each in sentinels] == [SSLConnection] * 2
    options = [pool.connection_kwargs, *(each.connection_kwargs for each in sentinels)]
    assert [each["ssl_ca_certs"] for each in options] == ["/etc/ssl/redis.pem"] * 3
