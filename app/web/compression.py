"""Gzip compression of public responses.

Only documents, pages and static files are compressed: a response with both a secret and text that an attacker chose
would leak the secret by its compressed length (BREACH).
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Request

from app.web.api import PREFIX
from app.web.application import Application, Noted, Response

_TYPES = {"application/json", "application/javascript", "image/svg+xml"}
_WORTH_IT = 1_024
"""Bytes."""

_LEVEL = 6
_KEPT = 32
"""Compressed responses that a process caches."""


def init_app(app: Application) -> None:
    app.after(_compress)


def _compress(response: Response, request: Request, _noted: Noted) -> Response:
    if not _is_public(response, request):
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or "Content-Encoding" in response.headers or not is_accepted(request):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < _WORTH_IT:
        return response
    response.set_data(_compressed(body))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)
    tag, _ = response.get_etag()
    if tag is not None:
        # The same content in other bytes.
        response.set_etag(tag, weak=True)
    return response


def is_accepted(request: Request) -> bool:
    """Whether the client prefers gzip to no compression."""
    return request.accept_encodings.best_match(["gzip", "identity"]) == "gzip"


def pack(content: bytes) -> bytes:
    """The same bytes for the same content, whenever it is compressed."""
    return gzip.compress(content, _LEVEL, mtime=0)


def _is_public(response: Response, request: Request) -> bool:
    if request.method not in {"GET", "HEAD"} or request.path.startswith(
        (f"{PREFIX}/", "/media/", "/metrics")
    ):
        return False
    if response.status_code not in {200, 304}:
        return False
    return response.mimetype in _TYPES or (response.mimetype or "").startswith("text/")


@lru_cache(_KEPT)
def _compressed(body: bytes) -> bytes:
    return pack(body)
