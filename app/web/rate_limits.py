"""Rate limits: fixed-window counters in Redis, shared by all processes.

Every endpoint of the API counts towards one budget: that of its caller, unless it declares one of its own. While Redis is
unavailable each process counts in its own memory, so that no caller is ever unlimited. Failed logins and the mails of
one recipient are counted in PostgreSQL instead, see `app.services.auth.attempts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import time
from typing import NamedTuple, TypeVar
from uuid import UUID

from flask import Request, current_app, g, request
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from redis.exceptions import RedisError

from app.adapters import client_addresses, redis
from app.errors.requests import Throttled
from app.settings import settings
from app.web.application import Application, Noted, Response
from config import Config
from setting_parsers import Rate

View = TypeVar("View", bound=Callable[..., object])

_EXTENSION = "rollcall-limiter"

_COUNT = """
local count = redis.call("incr", KEYS[1])
if count == 1 then
    redis.call("expire", KEYS[1], ARGV[1])
end
return {count, redis.call("ttl", KEYS[1])}
"""


@dataclass(frozen=True)
class Budget:
    """How many requests one user may make, or one address where no user is signed in."""

    name: str
    rate: Callable[[Config], Rate]
    is_of_address: bool = False
    """Counted by address for all callers, also for signed-in users."""


ANONYMOUS = Budget("anonymous", lambda known: known.ratelimit_anonymous)
USER = Budget("user", lambda known: known.ratelimit_user)
CATALOGUE = Budget("catalogue", lambda known: known.ratelimit_catalogue)
BULK = Budget("bulk", lambda known: known.ratelimit_bulk)
PICTURES = Budget("pictures", lambda known: known.ratelimit_pictures)
UPLOADS = Budget("uploads", lambda known: known.ratelimit_uploads)
LOGIN = Budget("login", lambda known: known.ratelimit_login, is_of_address=True)
REGISTER = Budget("register", lambda known: known.ratelimit_register, is_of_address=True)
REFRESH = Budget("refresh", lambda known: known.ratelimit_refresh, is_of_address=True)
MAIL = Budget("mail", lambda known: known.ratelimit_mail_address, is_of_address=True)


class RateLimitStatus(NamedTuple):
    """What is left of a budget."""

    rate: Rate
    remaining: int
    resets_in: int
    """seconds"""


class RedisOrMemory(RedisStorage):
    """Counts in Redis, and in the memory of this process while Redis is unavailable."""

    # Storages are registered by scheme: without one of its own this class would replace that of Redis.
    STORAGE_SCHEME = ["rollcall"]

    def __init__(self) -> None:
        super().__init__("rollcall://", connection_pool=redis.connection().connection_pool)
        self._memory = MemoryStorage()
        self._count = redis.Script(redis.connection(), _COUNT)

    def count(self, key: str, expiry: int) -> tuple[int, float]:
        """Count one request: how many there are in this window, and the seconds until it ends."""
        try:
            count, resets_in = self._count(self.prefixed_key(key), expiry)
        except RedisError:
            return self._memory.incr(key, expiry), self._memory.get_expiry(key) - time()
        return count, resets_in


def init_app(app: Application) -> None:
    with app.app_context():
        app.extensions[_EXTENSION] = RedisOrMemory()
    app.after(_add_headers)


def throttled(budget: Budget) -> Callable[[View], View]:
    """Count calls of this endpoint towards a separate budget."""

    def mark(view: View) -> View:
        view.budget = budget  # type: ignore[attr-defined]
        return view

    return mark


def budget_of(view: Callable[..., object]) -> Budget | None:
    return getattr(view, "budget", None)


def consume(budget: Budget | None, user_id: UUID | None, *, is_catalogue: bool) -> None:
    """Count this request, or refuse it."""
    if not settings().ratelimit_enabled:
        return
    drawn = budget or _usual(user_id, is_catalogue=is_catalogue)
    count, status = _count(drawn, user_id)
    g.status = status
    if count > status.rate.amount:
        raise Throttled(status.resets_in)


def _usual(user_id: UUID | None, *, is_catalogue: bool) -> Budget:
    if is_catalogue:
        return CATALOGUE
    return ANONYMOUS if user_id is None else USER


def _count(budget: Budget, user_id: UUID | None) -> tuple[int, RateLimitStatus]:
    rate = budget.rate(settings())
    storage: RedisOrMemory = current_app.extensions[_EXTENSION]
    key = RateLimitItemPerSecond(rate.amount, rate.seconds, "").key_for(budget.name, _whose(budget, user_id))
    count, resets_in = storage.count(key, rate.seconds)
    return count, RateLimitStatus(rate, max(0, rate.amount - count), max(1, ceil(resets_in)))


def _whose(budget: Budget, user_id: UUID | None) -> str:
    if user_id is None or budget.is_of_address:
        return client_addresses.counted(request.remote_addr or "")
    return str(user_id)


def _add_headers(response: Response, _request: Request, noted: Noted) -> Response:
    status: RateLimitStatus | None = noted.get("status")
    if status is not None:
        rate = status.rate
        response.add_headers(
            [
                ("RateLimit-Limit", str(rate.amount)),
                ("RateLimit-Remaining", str(status.remaining)),
                ("RateLimit-Reset", str(status.resets_in)),
                ("RateLimit-Policy", f"{rate.amount};w={rate.seconds}"),
            ]
        )
    return response
