"""A cache in Redis of computed figures, as JSON with a time to live; PostgreSQL holds all they are computed from.

The principal is part of every key, so no user is shown figures of another. So is the version of the rows that were
read, so an entry is never used after a change, even if Redis was unreachable when it happened. When Redis is
unreachable or slow, the figures are computed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from typing import Any, NamedTuple

import msgspec
from cachelib.serializers import BaseSerializer
from flask import Flask, current_app
from flask_caching import Cache
from redis.exceptions import RedisError

from app.adapters import redis
from app.adapters.recent import Recent
from app.adapters.redis import CircuitOpen

log = logging.getLogger(__name__)

Figures = Mapping[str, Any]

LAYOUT = 1
"""Incremented when the shape of entries changes, so that those of an older release are never read."""

KEPT_SECONDS = 600

RECENT_SECONDS, MOST_RECENT = 60, 256
"""How long and how many entries a process keeps itself, so that figures which many ask for are not read from Redis again."""

RECENT = "rollcall-recent-figures"

# Of concurrent misses of one entry, one in each process computes it (single flight).
_turns = [Lock() for _ in range(128)]


class Key(NamedTuple):
    """The figures, the principal they are for, their version and parameters."""

    figures: str
    principal: str
    version: str
    parameters: str = ""

    def __str__(self) -> str:
        return f"{LAYOUT}:" + ":".join(self)


@dataclass(frozen=True)
class Snapshot:
    """Figures as of a moment, and the entity tag that a client sends back in `If-None-Match`."""

    as_of: str
    tag: str
    figures: Figures


class Json(BaseSerializer):
    """JSON, not pickle: write access to Redis must not allow the execution of code here.

    A value is wrapped in a list of one, so that null and zero are values and not misses.
    """

    def dumps(self, value: Any, *_: Any, **__: Any) -> bytes:
        return msgspec.json.encode([value])

    def loads(self, bvalue: bytes | None) -> Any:
        """The list, or None for anything else."""
        try:
            stored = msgspec.json.decode(bvalue or b"")
        except msgspec.DecodeError:
            return None
        return stored if isinstance(stored, list) and len(stored) == 1 else None


cache = Cache(with_jinja2_ext=False)


def init_app(app: Flask) -> None:
    with app.app_context():
        config = {
            "CACHE_TYPE": "RedisCache",
            "CACHE_REDIS_HOST": redis.connection(),
            "CACHE_DEFAULT_TIMEOUT": KEPT_SECONDS,
            "CACHE_KEY_PREFIX": "rollcall:cache:",
            "CACHE_SERIALIZER": Json(),
        }
    cache.init_app(app, config)
    app.extensions[RECENT] = Recent[Snapshot](seconds=RECENT_SECONDS, most=MOST_RECENT)


def remember(key: Key, compute: Callable[[], Any]) -> Any:
    """The entry under this key, or else the result of `compute`, which is stored. It must be representable in JSON."""
    name = str(key)
    found = _get(name)
    if found is not None:
        return found[0]
    with _turns[hash(name) % len(_turns)]:
        found = _get(name)
        if found is not None:
            return found[0]
        value = compute()
        _attempt(lambda: cache.set(name, value))
        return value


def snapshot(key: Key, compute: Callable[[], Figures]) -> Snapshot:
    """The figures stored under this key, or computed now."""

    def take() -> dict[str, Any]:
        as_of = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        figures = compute()
        # The tag hashes the figures alone: when they are computed again and unchanged, the client's copy is current.
        tag = sha256(msgspec.json.encode(figures, enc_hook=str)).hexdigest()[:32]
        return {"as_of": as_of, "tag": tag, "figures": figures}

    recent: Recent[Snapshot] = current_app.extensions[RECENT]
    found = recent.get(str(key))
    if found is None:
        found = Snapshot(**remember(key, take))
        recent.set(str(key), found)
    return found


def _get(name: str) -> list[Any] | None:
    found: list[Any] | None = _attempt(lambda: cache.get(name))
    return found


def _attempt(exchange: Callable[[], Any]) -> Any:
    try:
        return exchange()
    except CircuitOpen:
        return None
    except (RedisError, OSError) as error:
        log.warning("computing what the cache would know: %s", type(error).__name__)
        return None
