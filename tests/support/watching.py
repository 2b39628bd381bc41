"""Checks of every response and every log line of the test run. Every Flask test client is a `WatchingClient`."""

from __future__ import annotations

import logging
import re
from io import BufferedRandom

from flask import has_app_context
from flask.testing import FlaskClient

from app.observability import logs
from app.web.security_headers import ALWAYS
from tests.support.http import PREFIX
from tests.support.rows import PASSWORD

SECRETS = {
    "a token": re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{20,}"),
    "a hash of a password": re.compile(r"\$argon2\w*\$"),
    "a password": re.compile(re.escape(PASSWORD) + "|Correct-horse"),
    "a password of a server": re.compile(
        r"\b(?:postgres|redis)\w*(?:\+\w+)?://[^\s:/@]*:(?!\[redacted\])[^\s@/]+@"
    ),
    "a key of ours": re.compile("test secret that is long enough"),
}
INNARDS = re.compile(r'Traceback \(most|File "/|psycopg2|sqlalchemy|\.py\b')
"""Internals that belong in the log and never in a response."""

PERSON = re.compile(r"[\w.+-]+@(?:[\w-]+\.)*example\.(?:org|com)")


def secrets_in(text):
    return [name for name, pattern in SECRETS.items() if pattern.search(text)]


def missing_from(response):
    """The headers that a response lacks or that are wrong."""
    headers = response.headers
    wrong = [name for name, value in ALWAYS.items() if headers.getlist(name) != [value]]
    policy = headers.get("Content-Security-Policy", "")
    wrong += [] if "frame-ancestors 'none'" in policy else ["frame-ancestors"]
    if response.mimetype != "text/html" and not policy.startswith("default-src 'none'"):
        wrong.append("default-src")
    wrong += [] if headers.get("X-Request-ID") else ["X-Request-ID"]
    wrong += ["Server"] if "X-Powered-By" in headers or "Set-Cookie" in headers else []
    return wrong


def wrongly_kept(response, *, signed_in):
    """The caching headers of an API response that are wrong."""
    tagged = "private, no-cache" if signed_in else "no-cache"
    expected = tagged if "ETag" in response.headers else "no-store"
    wrong = [] if response.headers.get("Cache-Control") == expected else ["Cache-Control"]
    return wrong + [name for name in ("Authorization", "Origin") if name not in response.vary]


def gives_away(response):
    """Secrets and internals in the text of a refusal."""
    if response.status_code < 400:
        return []
    text = response.get_data(as_text=True)
    return secrets_in(text) + [f"innards: {found}" for found in INNARDS.findall(text)]


class WatchingClient(FlaskClient):
    """A test client that fails on a response without its headers, and on a refusal that discloses internals.

    No application context may be around a request: it would share its `g`, and with it the query of an earlier request.
    """

    def open(self, *args, **options):
        assert not has_app_context(), "an application context is around this request"
        response = super().open(*args, **options)
        body = response.request.environ.get("wsgi.input")
        if isinstance(body, BufferedRandom):
            # The temporary file of a large form, which Werkzeug leaves open.
            body.close()
        sent = response.request
        wrong = missing_from(response) + gives_away(response)
        if sent.path.startswith(f"{PREFIX}/"):
            wrong += wrongly_kept(response, signed_in="Authorization" in sent.headers)
        assert wrong == [], f"{sent.method} {sent.path} answered {response.status_code} with {wrong}"
        return response


class WatchingHandler(logging.Handler):
    """Checks every log line in the format of production."""

    def __init__(self):
        super().__init__()
        self.formatter = logs.JsonFormatter(verbatim=[])
        self.found = []

    def emit(self, record):
        line = self.format(record)
        disclosed = secrets_in(line) + (["a person"] if PERSON.search(line) else [])
        self.found += [(name, line[:300]) for name in disclosed]
