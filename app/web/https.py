"""Trusted proxies, allowed hosts, the redirect to HTTPS, and HSTS.

Only as many proxies as `TRUSTED_PROXIES` says may set the client's address and scheme. `X-Forwarded-Host` is never
used: links are made from `PUBLIC_URL`. Health checks are answered under every host name, with and without HTTPS.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Request, redirect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Response as BaseResponse

from app.errors.base import NotFound
from app.errors.requests import InvalidHost, UriTooLong
from app.observability.logs import PROBES
from app.settings import settings
from app.web.application import Application, Noted, Response

LONGEST_ADDRESS = 8_000
"""Bytes of path and query: a little less than gunicorn accepts, which would refuse with its own response."""

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]*)(?::[0-9]*)?")
"""A host and a port. gunicorn joins repeated headers with a comma, which no host name contains."""


def init_app(app: Application) -> None:
    with app.app_context():
        proxies = settings().trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0, x_port=0, x_prefix=0
        )
    app.before(_check_host)
    app.before(_check_length)
    app.before(_check_name)
    app.before(_redirect_to_https)
    app.after(_set_hsts)


def forces_https() -> bool:
    wanted = settings().force_https
    return settings().app_env == "production" if wanted == "auto" else wanted == "on"


def _check_host(request: Request, _noted: Noted) -> None:
    named = request.environ.get("HTTP_HOST")
    if named is None:
        if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            raise InvalidHost
    elif not _HOST.fullmatch(named):
        raise InvalidHost


def _check_length(request: Request, _noted: Noted) -> None:
    if len(request.path.encode()) + len(request.query_string) > LONGEST_ADDRESS:
        raise UriTooLong(
            f"The address is too long: path and query may have at most {LONGEST_ADDRESS:,} bytes."
        )


def _check_name(request: Request, _noted: Noted) -> None:
    trusted = settings().trusted_hosts
    if trusted and request.path not in PROBES and not host_is_trusted(request.host, trusted):
        raise NotFound("Nothing is served under this host name.")


def _redirect_to_https(request: Request, _noted: Noted) -> BaseResponse | None:
    """308 keeps method and body. The target is made from `PUBLIC_URL`, never from the request's Host header."""
    if request.is_secure or request.path in PROBES or not forces_https():
        return None
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(settings().public_url + quote(request.path) + query, code=308)


def _set_hsts(response: Response, request: Request, _noted: Noted) -> Response:
    if request.is_secure and forces_https():
        response.add_headers([("Strict-Transport-Security", f"max-age={settings().hsts_seconds}")])
    return response
