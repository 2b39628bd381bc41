"""CORS: the origins that `CORS_ORIGINS` names, exactly, may call the API from a browser.

There are no cookies, hence no credentials to allow: a page gets no further than the token that it has. A preflight is
answered before anything is read from the database. `app.web.security_headers` sets `Vary: Origin`.
"""

from __future__ import annotations

import re

from flask import Request

from app.settings import settings
from app.web.application import Application, Noted, Response

# The only remote page that testers use: Hoppscotch runs in the browser and calls from there.
_LOCAL = re.compile(r"https?://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?|https://hoppscotch\.io")

ALLOWED_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Prefer",
    "X-Request-ID",
)
EXPOSED_HEADERS = (
    "Content-Disposition",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Policy",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-ID",
)
PREFLIGHT_KEPT_SECONDS = 600


def init_app(app: Application) -> None:
    app.before(_answer_preflight)
    app.after(_add_headers)


def _is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _answer_preflight(request: Request, _noted: Noted) -> Response | None:
    return Response(status=204) if _is_preflight(request) else None


def _add_headers(response: Response, request: Request, _noted: Noted) -> Response:
    origin = request.headers.get("Origin", "")
    if not origin or not is_allowed(origin):
        return response
    response.headers["Access-Control-Allow-Origin"] = origin
    if _is_preflight(request):
        response.headers["Access-Control-Allow-Methods"] = ", ".join(ALLOWED_METHODS)
        response.headers["Access-Control-Allow-Headers"] = ", ".join(ALLOWED_HEADERS)
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_KEPT_SECONDS)
    else:
        response.headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED_HEADERS)
    return response


def is_allowed(origin: str) -> bool:
    origins = settings().cors_origins
    if origin in origins:
        return origin != "local"
    in_development = settings().app_env != "production"
    return "local" in origins and in_development and _LOCAL.fullmatch(origin) is not None
