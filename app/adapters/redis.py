"""One Redis connection pool with short timeouts and a circuit breaker.

A request waits for Redis briefly and at most once. After several failures in a row the circuit is open: for some seconds
no request is sent to Redis. Cache, queue and rate limits share the breaker, so that each outage is detected only once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from hashlib import sha1
from time import monotonic
from typing import Any, Self, TypeVar

from flask import Flask, current_app, g, has_request_context
from prometheus_client import Counter
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as TooSlow
from redis.retry import Retry

from app.adapters import redis_pools
from app.settings import settings

FAILURES = 3
OPEN_SECONDS = 5.0

_EXTENSION = "rollcall-redis"

Answer = TypeVar("Answer")

failures = Counter("rollcall_redis_failures", "Commands that Redis did not answer in time.", registry=None)
openings = Counter(
    "rollcall_redis_breaker_openings", "Times that the circuit breaker has left Redis alone.", registry=None
)


class CircuitOpen(NotConnected):
    """The circuit breaker is open: Redis has just failed several times, and no request was sent."""


class CircuitBreaker:
    """Opens after `FAILURES` in a row, for `OPEN_SECONDS`. After that the first failure opens it again (half-open)."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    def check(self) -> None:
        if monotonic() < self._open_until:
            raise CircuitOpen("the circuit breaker is open: Redis has failed")

    def note_success(self) -> None:
        self._failures = 0

    def note_failure(self) -> None:
        self._failures += 1
        failures.inc()
        if self._failures >= FAILURES:
            openings.inc()
            self._open_until = monotonic() + OPEN_SECONDS


class _Guarded(Retry):
    """Wraps every command of a client, and connecting, in the circuit breaker.

    After a broken connection the command is retried once: the server was restarted, or is a replica since a failover.
    After a timeout it is not.
    """

    __hash__ = Retry.__hash__

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 1, supported_errors=(NotConnected,))
        self.breaker = CircuitBreaker()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Each connection would make a copy; instead they share one breaker."""
        return self

    def call_with_retry(self, do: Callable[[], Answer], *rest: Any, **options: Any) -> Answer:
        _check_request()
        self.breaker.check()
        try:
            answer: Answer = super().call_with_retry(partial(redis_pools.of_primary, do), *rest, **options)
        except CircuitOpen:
            raise
        except (NotConnected, TooSlow) as error:
            # A command that has to connect first passes here twice, with the same error.
            if not error.__dict__.setdefault("is_noted", False):
                error.__dict__["is_noted"] = True
                self.breaker.note_failure()
                _note_request()
            raise
        self.breaker.note_success()
        return answer


class Script:
    """A Lua script about one key, for what every request needs of Redis.

    Each thread keeps a connection for it. For a command of its own redis-py takes one from its pool, asks the socket
    whether something is left on it, and notes four measurements, which takes longer than the command.
    """

    def __init__(self, client: Redis, text: str) -> None:
        self._pool = client.connection_pool
        self._text = text
        self._name = sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._of_thread = threading.local()

    def __call__(self, key: str, argument: int) -> Any:
        """What the script returns.

        :raises RedisError: as a command of the client does
        """
        try:
            return self._send("EVALSHA", self._name, 1, key, argument)
        except NoScriptError:
            # The server has been restarted, and from now on knows the script again.
            return self._send("EVAL", self._text, 1, key, argument)

    def _send(self, *command: Any) -> Any:
        connection = self._connection()

        def exchange() -> Any:
            if not connection.is_connected:
                # With its handshake: a server that accepts connections and says nothing has failed, too.
                connection.connect()
            connection.send_command(*command)
            return connection.read_response()

        return connection.retry.call_with_retry(exchange, lambda _error: connection.disconnect())

    def _connection(self) -> Any:
        held: _Held | None = getattr(self._of_thread, "held", None)
        if held is None or held.connection.pid != os.getpid():
            # Not one of the pool's, which counts what it makes and would never get it back from a thread that has ended.
            connection = self._pool.connection_class(**self._pool.connection_kwargs)
            held = self._of_thread.held = _Held(connection)
        return held.connection


class _Held:
    """A thread's connection, closed when the thread ends: itself part of a cycle, it would wait for the collector."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def __del__(self) -> None:
        if self.connection.pid == os.getpid():
            self.connection.disconnect()


def _check_request() -> None:
    """Many requests may detect an outage at the same moment; none of them waits for Redis twice."""
    if has_request_context() and g.get("redis_has_failed"):
        raise CircuitOpen("Redis has failed this request already")


def _note_request() -> None:
    if has_request_context():
        g.redis_has_failed = True


def init_app(app: Flask) -> None:
    with app.app_context():
        app.extensions[_EXTENSION] = client(settings().redis_url, timeout=settings().redis_timeout_seconds)


def client(url: str, *, timeout: float) -> Redis:
    """A client with short timeouts and its own pool and circuit breaker."""
    pool = redis_pools.pool(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        health_check_interval=30,
        retry=_Guarded(),
    )
    return Redis.from_pool(pool)


def connection() -> Redis:
    """The client of this application."""
    found: Redis = current_app.extensions[_EXTENSION]
    return found
