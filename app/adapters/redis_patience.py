"""Redis for a worker: a command waits until Redis answers, however long it is away, and is then sent again.

So a worker outlives a restart of Redis and a failover, also in the middle of a job. A command may thus be executed twice;
the leases in PostgreSQL allow for that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from time import monotonic
from typing import Any, Self, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooSlow
from redis.retry import Retry

from app.adapters import redis_pools

log = logging.getLogger(__name__)

WAIT_SECONDS = 1.0
"""Between two tries."""

CONNECT_SECONDS = 3.0

Answer = TypeVar("Answer")


class Patience(Retry):
    """Shared by all connections of a client: how long they wait for Redis together. Without a limit by default."""

    __hash__ = Retry.__hash__

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 0, supported_errors=(NotConnected, TooSlow))
        self._limit: float | None = None
        self._away_since: float | None = None

    def __eq__(self, other: object) -> bool:
        return self is other

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Each connection would make a copy; instead they share one."""
        return self

    def limit(self, seconds: float) -> None:
        """From now on wait for so many seconds at most; 0: not at all."""
        self._limit = seconds

    def call_with_retry(
        self, do: Callable[[], Answer], fail: Callable[..., Any], *_: Any, **options: Any
    ) -> Answer:
        failures = 0
        while True:
            try:
                answer = redis_pools.of_primary(do)
            except (NotConnected, TooSlow) as error:
                failures += 1
                fail(*(error, failures) if options.get("with_failure_count") else (error,))
                if self._is_over(error):
                    raise
                time.sleep(WAIT_SECONDS)
            else:
                self._note_success()
                return answer

    def _is_over(self, error: RedisError) -> bool:
        now = monotonic()
        if self._away_since is None:
            self._away_since = now
            log.warning("Redis is away; waiting for it: %s", type(error).__name__)
        return self._limit is not None and now - self._away_since >= self._limit

    def _note_success(self) -> None:
        if self._away_since is not None:
            log.warning("Redis answers again, after %d s", monotonic() - self._away_since)
            self._away_since = None


def client(url: str) -> Redis:
    """A client with its own pool, whose commands may block."""
    pool = redis_pools.pool(
        url,
        socket_timeout=None,
        socket_connect_timeout=CONNECT_SECONDS,
        health_check_interval=30,
        retry=Patience(),
    )
    return Redis.from_pool(pool)


def limit(client: Redis, seconds: float) -> None:
    """How long the commands of this client wait for Redis from now on, where they wait at all."""
    patience = client.get_retry()
    if isinstance(patience, Patience):
        patience.limit(seconds)
