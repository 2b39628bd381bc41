"""Redis as a memory of what was computed: JSON for some minutes, and nothing that is not in PostgreSQL.

Who asks is part of every key, so nobody is shown what was computed for somebody else; so is the version of what was
read, so nothing outlives a change, wherever Redis was when it happened. Redis away or slow means computing.
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
from flask import Flask
from flask_caching import Cache
from redis.exceptions import RedisError

from app.adapters import redis
from app.adapters.redis import LeftAlone

log = logging.getLogger(__name__)

Figures = Mapping[str, Any]

LAYOUT = 1
"""Raised when what is stored changes its shape: the entries of an older program are then nobody's."""

KEPT_SECONDS = 600

# Of several who miss the same entry at once, one in each process computes it.
_turns = [Lock() for _ in range(128)]


class Key(NamedTuple):
    """Which figures, for whom, with which parameters, of which version."""

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
    """Whoever can write to Redis must not thereby run code here: no pickle.

    A value stands in a list of one, so that null and zero are values and not misses.
    """

    def dumps(self, value: Any, *_: Any, **__: Any) -> bytes:
        return msgspec.json.encode([value])

    def loads(self, bvalue: bytes | None) -> Any:
        """The list, or nothing for what is not ours."""
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


def remember(key: Key, compute: Callable[[], Any]) -> Any:
    """What is stored under this key; else compute it and store it. `compute` returns what JSON can hold."""
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

    return Snapshot(**remember(key, take))


def _get(name: str) -> list[Any] | None:
    found: list[Any] | None = _attempt(lambda: cache.get(name))
    return found


def _attempt(exchange: Callable[[], Any]) -> Any:
    try:
        return exchange()
    except LeftAlone:
        return None
    except (RedisError, OSError) as trouble:
        log.warning("computing what the cache would know: %s", type(trouble).__name__)
        return None
