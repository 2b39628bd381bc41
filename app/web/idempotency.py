"""Idempotent requests: with an `Idempotency-Key`, a repeated request gets the stored response.

It is stored in the transaction of the request: response and effect are committed together or not at all, and errors are
not stored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import msgspec
from flask import Response

from app.models.caller import Actor
from app.services.retention import idempotency_keys
from app.services.retention.idempotency_keys import Answer
from app.web import request_body, request_values
from app.web.problems import invalid

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_RECOMPUTED = {"Content-Length"}
_NOTHING = {b"", b"{}", b"null"}


def once(user: Actor, operation: str, path: dict[str, Any], act: Callable[[], Response]) -> Response:
    """Act and store the response, or return the stored one. Without a key just act."""
    key = request_values.header(HEADER)
    if key is None:
        return act()
    if not _KEY.fullmatch(key):
        raise invalid({HEADER: ["Send 1 to 255 visible ASCII characters."]})
    known = idempotency_keys.take(user, operation, key, request_hash=_hash_of_request(path))
    if known is not None:
        return Response(known.body, known.status, {**known.headers, REPLAYED: "true"})
    response = act()
    headers = {name: value for name, value in response.headers.items() if name not in _RECOMPUTED}
    idempotency_keys.keep(user, operation, key, Answer(response.status_code, headers, response.get_data()))
    return response


def _hash_of_request(path: dict[str, Any]) -> bytes:
    """The same for the same path and content, however the content was formatted."""
    place = msgspec.json.encode({name: str(value) for name, value in path.items()}, order="sorted")
    said = request_body.content()
    return hashlib.sha256(place + b"\n" + (b"" if said in _NOTHING else said)).digest()
