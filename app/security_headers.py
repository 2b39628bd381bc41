"""What a browser may make of our answers, and who may keep them: said on every answer, in one place.

A page runs no inline script and loads nothing from elsewhere; an answer of the API is not a page at all. What was read
with somebody's token is kept by nobody, or by that person's browser alone, which asks again each time.
"""

from __future__ import annotations

from flask import Flask, Response, request

from app.api import PREFIX
from app.telemetry import PROBES

_DATA_POLICY = {"default-src": "'none'", "frame-ancestors": "'none'"}
_PAGE_POLICY = {
    "default-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# Swagger UI and ReDoc write styles of their own into the page and carry icons and a font in data URLs.
_DOCUMENT_POLICY = {
    **_PAGE_POLICY,
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
}
_DOCUMENTS = {"api-docs.openapi_swagger_ui", "api-docs.openapi_redoc"}
_DEVICES = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(f"{device}=()" for device in _DEVICES),
    "Cross-Origin-Opener-Policy": "same-origin",
}


def init_app(app: Flask) -> None:
    app.after_request(_protect)
    app.after_request(_limit_keeping)


def _protect(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    written = "; ".join(f"{directive} {sources}" for directive, sources in _policy(response).items())
    response.headers.setdefault("Content-Security-Policy", written)
    return response


def _policy(response: Response) -> dict[str, str]:
    if response.mimetype != "text/html":
        return _DATA_POLICY
    return _DOCUMENT_POLICY if request.endpoint in _DOCUMENTS else _PAGE_POLICY


def _limit_keeping(response: Response) -> Response:
    if request.path.startswith(f"{PREFIX}/"):
        # Many public answers say more to people who are signed in.
        response.vary.add("Authorization")
    elif request.path not in PROBES:
        return response
    response.headers.setdefault("Cache-Control", _keeping(response))
    return response


def _keeping(response: Response) -> str:
    if "ETag" not in response.headers:
        return "no-store"
    return "private, no-cache" if "Authorization" in request.headers else "no-cache"
