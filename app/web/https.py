"""How requests reach us: through which proxies, under which name, over HTTPS.

Nobody but the proxies that the settings count is believed about where a request comes from. `X-Forwarded-Host` never
is: links are made of `PUBLIC_URL`. Probes are answered under every name, with and without HTTPS.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Flask, redirect, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Response

from app.errors.base import NotFound
from app.errors.requests import InvalidHost, UriTooLong
from app.observability.logs import PROBES
from app.settings import settings

LONGEST_ADDRESS = 8_000
"""Bytes of path and query: a little less than gunicorn reads, which would refuse in its own words."""

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]*)(?::[0-9]*)?")
"""A host and a port. gunicorn joins repeated headers with a comma, which no name of a server contains."""


def init_app(app: Flask) -> None:
    with app.app_context():
        proxies = settings().trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0, x_port=0, x_prefix=0
        )
    app.before_request(_check_host)
    app.before_request(_check_length)
    app.before_request(_check_name)
    app.before_request(_lead_to_https)
    app.after_request(_remember_https)


def forces_https() -> bool:
    wanted = settings().force_https
    return settings().app_env == "production" if wanted == "auto" else wanted == "on"


def _check_host() -> None:
    named = request.environ.get("HTTP_HOST")
    if named is None:
        if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            raise InvalidHost
    elif not _HOST.fullmatch(named):
        raise InvalidHost


def _check_length() -> None:
    if len(request.path.encode()) + len(request.query_string) > LONGEST_ADDRESS:
        raise UriTooLong


def _check_name() -> None:
    trusted = settings().trusted_hosts
    if trusted and request.path not in PROBES and not host_is_trusted(request.host, trusted):
        raise NotFound("Nothing is served under this host name.")


def _lead_to_https() -> Response | None:
    """308 keeps method and body. The target is ours, whatever the request said about its host."""
    if request.is_secure or request.path in PROBES or not forces_https():
        return None
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(settings().public_url + quote(request.path) + query, code=308)


def _remember_https(response: Response) -> Response:
    if request.is_secure and forces_https():
        response.headers["Strict-Transport-Security"] = f"max-age={settings().hsts_seconds}"
    return response
