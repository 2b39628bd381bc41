"""Security and cache headers, set on every response.

The Content-Security-Policy lets pages run no inline script and load nothing from other origins; API responses load
nothing at all. A response to a request with a token is not cached, or only by the user's own browser, which revalidates
it each time.
"""

from __future__ import annotations

from flask import Request

from app.observability.logs import PROBES
from app.web.api import PREFIX
from app.web.application import Application, Noted, Response

_DATA_POLICY = {"default-src": "'none'", "frame-ancestors": "'none'"}
_PAGE_POLICY = {
    "default-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# Trusted Types: only the client's policy `rollcall` may turn text into a script's URL, for its service worker.
_FRONTEND_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self' https: data:",
    "media-src": "'self' https:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "rollcall",
}
# Swagger UI and ReDoc add inline styles to the page and carry icons and a font in data URLs.
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
FOR_FRONTEND = _written(_FRONTEND_POLICY)
"""The header of the browser client's shell, and of its service worker, which fetches under its own policy."""

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(f"{device}=()" for device in _DEVICES),
    "Cross-Origin-Opener-Policy": "same-origin",
}

_ALWAYS_SET = tuple(ALWAYS.items())
_NAMES = {*map(str.lower, ALWAYS), "content-security-policy", "cache-control"}
"""What a response may have already; `Vary` is then extended."""

_PREFIX_OF_PATHS = f"{PREFIX}/"


def init_app(app: Application) -> None:
    app.after(_add_headers)


def _add_headers(response: Response, request: Request, _noted: Noted) -> Response:
    """All of them in one pass over the headers that are there: each look at them by name is another."""
    there = {name.lower() for name, _ in response.headers}
    wanted = [*_ALWAYS_SET, _policy(response, request)]
    path = request.path
    is_ours = path.startswith(_PREFIX_OF_PATHS) or path == PREFIX
    # Many public responses contain more for signed-in users.
    varies = "Origin, Authorization" if is_ours else "Origin"
    if "vary" in there:
        response.vary.update(varies.split(", "))
    else:
        wanted.append(("Vary", varies))
    if is_ours or path in PROBES:
        wanted.append(("Cache-Control", _cache_control(request, has_tag="etag" in there)))
    if not there.isdisjoint(_NAMES):
        wanted = [(name, value) for name, value in wanted if name.lower() not in there]
    response.add_headers(wanted)
    return response


def _policy(response: Response, request: Request) -> tuple[str, str]:
    if response.mimetype != "text/html" or response.status_code == 204:
        return _FOR_DATA
    return _FOR_DOCUMENTS if request.endpoint in _DOCUMENTS else _FOR_PAGES


def _cache_control(request: Request, *, has_tag: bool) -> str:
    if not has_tag:
        return "no-store"
    return "private, no-cache" if "Authorization" in request.headers else "no-cache"
