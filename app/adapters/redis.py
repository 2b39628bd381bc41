"""Redis as everybody here talks to it: one pool of connections, impatient, and left alone while it fails.

A request waits a moment for Redis, once, and for one that has failed several times not at all: for some seconds it is
not asked. Cache, queue and throttling share this, so that none of them finds out anew.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, Self, TypeVar

from flask import Flask, current_app, g, has_request_context
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as TooSlow
from redis.retry import Retry

from app.settings import settings

FAILURES = 3
LEFT_ALONE_SECONDS = 5.0

_EXTENSION = "rollcall-redis"

Answer = TypeVar("Answer")


class LeftAlone(NotConnected):
    """Redis has failed several times a moment ago, and was not asked."""


class Breaker:
    """Counts failures in a row. After the pause the first failure opens it again."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    def check(self) -> None:
        if monotonic() < self._open_until:
            raise LeftAlone("Redis is left alone for some seconds")

    def note_success(self) -> None:
        self._failures = 0

    def note_failure(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self._open_until = monotonic() + LEFT_ALONE_SECONDS


class _Guarded(Retry):
    """Every exchange of a client passes here, connecting included.

    A connection that broke is tried afresh once: the server was restarted. One that is silent is left at once.
    """

    __hash__ = Retry.__hash__

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 1, supported_errors=(NotConnected,))
        self.breaker = Breaker()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Each connection would take a copy: they share one breaker."""
        return self

    def call_with_retry(self, do: Callable[[], Answer], *rest: Any, **options: Any) -> Answer:
        _check_request()
        self.breaker.check()
        try:
            answer: Answer = super().call_with_retry(do, *rest, **options)
        except LeftAlone:
            raise
        except (NotConnected, TooSlow) as trouble:
            # An exchange that has to connect first passes here twice, with the same trouble.
            if not trouble.__dict__.setdefault("is_noted", False):
                trouble.__dict__["is_noted"] = True
                self.breaker.note_failure()
                _note_request()
            raise
        self.breaker.note_success()
        return answer


def _check_request() -> None:
    """Many requests may find out at the same moment that Redis is silent; none of them waits for it twice."""
    if has_request_context() and g.get("redis_has_failed"):
        raise LeftAlone("Redis has failed this request already")


def _note_request() -> None:
    if has_request_context():
        g.redis_has_failed = True


def init_app(app: Flask) -> None:
    with app.app_context():
        app.extensions[_EXTENSION] = client(settings().redis_url, timeout=settings().redis_timeout_seconds)


def client(url: str, *, timeout: float) -> Redis:
    """An impatient client with a pool and a breaker of its own."""
    return Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        health_check_interval=30,
        retry=_Guarded(),
    )


def connection() -> Redis:
    """The client of this application."""
    found: Redis = current_app.extensions[_EXTENSION]
    return found
