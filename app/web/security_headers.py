"""What a browser may make of our answers, and who may keep them: said on every answer, in one place.

A page runs no inline script and loads nothing from elsewhere; an answer of the API is not a page at all. What was read
with somebody's token is kept by nobody, or by that person's browser alone, which asks again each time.
"""

from __future__ import annotations

from flask import Flask, Response, request

from app.observability.logs import PROBES
from app.web.api import PREFIX

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


def _written(policy: dict[str, str]) -> tuple[str, str]:
    return "Content-Security-Policy", "; ".join(f"{what} {sources}" for what, sources in policy.items())


_FOR_DATA, _FOR_PAGES, _FOR_DOCUMENTS = map(_written, (_DATA_POLICY, _PAGE_POLICY, _DOCUMENT_POLICY))

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
    said = {name.lower() for name, _ in response.headers}
    policy = _policy(response)
    response.headers.extend(
        [(name, value) for name, value in (*ALWAYS.items(), policy) if name.lower() not in said]
    )
    return response


def _policy(response: Response) -> tuple[str, str]:
    if response.mimetype != "text/html":
        return _FOR_DATA
    return _FOR_DOCUMENTS if request.endpoint in _DOCUMENTS else _FOR_PAGES


def _limit_keeping(response: Response) -> Response:
    is_ours = f"{request.path}/".startswith(f"{PREFIX}/")
    # Many public answers say more to people who are signed in.
    varies = "Origin, Authorization" if is_ours else "Origin"
    if "Vary" in response.headers:
        response.vary.update(varies.split(", "))
    else:
        response.headers["Vary"] = varies
    if is_ours or request.path in PROBES:
        response.headers.setdefault("Cache-Control", _keeping(response))
    return response


def _keeping(response: Response) -> str:
    if "ETag" not in response.headers:
        return "no-store"
    return "private, no-cache" if "Authorization" in request.headers else "no-cache"
