"""Faults on purpose, by call: slow answers, 503, and connections that are dropped.

They are kept in Redis, so that every process has them, and end by themselves after an hour.
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from redis.exceptions import RedisError

from app.adapters import redis
from app.errors.requests import Unavailable
from app.web import problems

SLOW, UNAVAILABLE, DROPPED = KINDS = ("slow", "unavailable", "dropped")
LONGEST_SECONDS = 30
_KEY = "rollcall:sandbox:faults"
_KEPT_SECONDS = 3600
_PLACEHOLDER = re.compile(r"<(?:[a-z]+:)?(\w+)>")


@dataclass(frozen=True)
class Fault:
    call: str
    """Method and path, as in the OpenAPI document: `GET /api/v1/courses/{ref}`."""
    kind: str
    seconds: int


def calls() -> list[str]:
    """Every call of the API."""
    return sorted(
        f"{method} {_path(rule.rule)}"
        for rule in current_app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    )


def listed() -> list[Fault]:
    found: Any = redis.connection().hgetall(_KEY)
    return sorted((_read(call, value) for call, value in found.items()), key=lambda fault: fault.call)


def add(fault: Fault) -> None:
    if fault.call not in calls():
        raise problems.invalid({"call": ["Send a call of the API, such as GET /api/v1/courses/{ref}."]})
    redis.connection().hset(_KEY, fault.call, f"{fault.kind} {fault.seconds}")
    redis.connection().expire(_KEY, _KEPT_SECONDS)


def remove(call: str) -> bool:
    """Remove the fault of this call, or all faults; whether there was any."""
    connection = redis.connection()
    return bool(connection.hdel(_KEY, call) if call else connection.delete(_KEY))


def apply() -> None:
    """Before each request: be slow, refuse, or drop the connection, where a tester asked for it."""
    if request.url_rule is None or not request.path.startswith("/api/"):
        return
    call = f"{request.method} {_path(request.url_rule.rule)}"
    try:
        value: Any = redis.connection().hget(_KEY, call)
    except RedisError:
        return
    if value is not None:
        _cause(_read(call.encode(), value))


def _cause(fault: Fault) -> None:
    if fault.kind == SLOW:
        time.sleep(fault.seconds)
        return
    connection = request.environ.get("gunicorn.socket")
    if fault.kind == DROPPED and connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    raise Unavailable


def _read(call: bytes, value: bytes) -> Fault:
    kind, _, seconds = value.decode().partition(" ")
    return Fault(call.decode(), kind, int(seconds))


def _path(rule: str) -> str:
    return _PLACEHOLDER.sub(r"{\1}", rule)
