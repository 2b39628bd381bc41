"""Whether two servers give the same response: every member, with the same value.

In responses to reads only moments of reading and signed links may differ. Writes have targets of their own, so ids, times and
the numbers in names are of one kind rather than equal.
"""

from __future__ import annotations

import contextlib
import http.client
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from bench.load import ANSWER_SECONDS, Request

_OF_THE_MOMENT = {"as_of", "next", "access", "refresh"}
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_NUMBER = re.compile(r"\d+")


def ask(port: int, request: Request) -> Any:
    """The response to one request, parsed; anything but a success ends the bench."""
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    ) as connection:
        connection.request(request.method, request.path, request.body or None, dict(request.headers))
        response = connection.getresponse()
        answer = response.read()
    if not 200 <= response.status < 300:
        said = answer[:500].decode(errors="replace")
        raise SystemExit(f"{request.method} {request.path} answered {response.status}: {said}")
    return response.status, msgspec.json.decode(answer)


def differences(one: Any, other: Any, *, is_write: bool, where: str = "answer") -> Iterator[str]:
    """A sentence for each member that is missing from one of them, or differs."""
    if isinstance(one, dict) and isinstance(other, dict):
        left, right = one, other
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        left, right = dict(enumerate(one)), dict(enumerate(other))
    else:
        if _kind(one, is_write=is_write) != _kind(other, is_write=is_write):
            yield f"{where}: {one!r} and {other!r}"
        return
    for name in left | right:
        place = f"{where}.{name}"
        if name not in left or name not in right:
            yield f"{place} is in one of them only"
        elif name not in _OF_THE_MOMENT:
            yield from differences(left[name], right[name], is_write=is_write, where=place)
        elif type(left[name]) is not type(right[name]):
            yield f"{place}: {left[name]!r} and {right[name]!r}"


def _kind(value: Any, *, is_write: bool) -> Any:
    if not (is_write and isinstance(value, str)):
        return value
    return _NUMBER.sub("#", _TIME.sub("a time", _ID.sub("an id", value)))
