"""Preferences of a request (RFC 7240): an answer at once instead of the result, or a wait for the result.

A preference that cannot be read or met is ignored.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from flask import Response

from app.db.session import release
from app.web import request_values

LONGEST_WAIT = 20
MOST_WAITING = 2
"""Requests of one process that may wait at a time: each holds a thread. Others are answered at once."""

LOOK_SECONDS = 0.2
RETRY_AFTER_SECONDS = 2

_WAIT = re.compile(r"wait\s*=\s*\"?([0-9]{1,9})\"?")
_waiting = threading.BoundedSemaphore(MOST_WAITING)


def responds_async() -> bool:
    return "respond-async" in _preferences()


def wait_seconds() -> int:
    for each in _preferences():
        found = _WAIT.fullmatch(each)
        if found:
            return min(int(found[1]), LONGEST_WAIT)
    return 0


def wait_until(is_over: Callable[[], bool]) -> bool:
    """Look again and again, for as long as the client prefers; whether the wait took place. No connection is held."""
    seconds = wait_seconds()
    if not seconds or not _waiting.acquire(blocking=False):
        return False
    try:
        until = time.monotonic() + seconds
        while not is_over() and time.monotonic() < until:
            release()
            time.sleep(LOOK_SECONDS)
    finally:
        _waiting.release()
    return True


def applied(response: Response, preference: str) -> Response:
    response.headers["Preference-Applied"] = preference
    return response


def _preferences() -> list[str]:
    sent = request_values.header("Prefer") or ""
    return [each.strip().lower() for each in re.split("[,;]", sent)]
