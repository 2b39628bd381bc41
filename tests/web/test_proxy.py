"""The proxy that compose.yaml ships, with its own configuration file, in front of a real web server."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
from http.client import HTTPConnection
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.db.session import db, transaction
from app.models import Session, User
from app.services.auth import sessions
from app.web import reception
from tests.support.paths import ROOT
from tests.web.test_slow_clients import UNFINISHED, crowd, post, status_of
from tools import nginx, ports

COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
PROXY = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")

needs_nginx = pytest.mark.skipif(nginx.program() is None, reason="nginx is not installed")


@pytest.fixture
def proxy(environment, request, tmp_path):
    """The address of nginx, which is believed as the one proxy."""
    environment["TRUSTED_PROXIES"] = "1"
    _, web_port = request.getfixturevalue("web")
    with nginx.running(tmp_path, web_port) as port:
        yield ("127.0.0.1", port)


def test_compose_puts_the_proxy_in_front():
    proxy, web = (
        re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)[1] for name in ("proxy", "web")
    )

    assert "./deploy/nginx.conf:/etc/nginx/nginx.conf:ro" in proxy
    assert '"127.0.0.1:${PORT:-8000}:80"\n' in proxy
    assert "ports:" not in web
    assert "TRUSTED_PROXIES: ${TRUSTED_PROXIES:-1}" in COMPOSE


def test_compose_restarts_the_proxy_with_the_web_servers_whose_address_it_keeps():
    proxy = re.search(r"^  proxy:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)[1]

    assert re.search(
        r"depends_on:\n +web:\n +condition: service_started\n(?: +#.*\n)* +restart: true\n", proxy
    )


def test_the_proxy_takes_whatever_the_application_takes(app, tokens_of):
    """Its own refusal of a longer body is a page of HTML."""
    largest = size_of("client_max_body_size", PROXY.partition("server {")[0])
    locations = re.findall(r"location ~ (\S+) \{([^}]*)\}", PROXY)
    limits = {re.compile(pattern): size_of("client_max_body_size", block) for pattern, block in locations}
    taken = app.extensions[reception.EXTENSION].body_limit_for

    short = {}
    for rule in app.url_map.iter_rules():
        for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}:
            path = re.sub(r"<[^>]*>", str(uuid4()), rule.rule)
            wanted = max(taken(method, path, f"Bearer {token}") for token in tokens_of)
            allowed = next((size for form, size in limits.items() if form.search(path)), largest)
            if wanted > allowed:
                short[f"{method} {rule.rule}"] = wanted

    assert len(limits) >= 2
    assert short == {}


def size_of(directive, text):
    (megabytes,) = re.findall(rf"{directive} (\d+)m;", text)
    return int(megabytes) * 1024 * 1024


@pytest.fixture
def tokens_of(app, make):
    """A token of each role: how much is read of a body depends on who sends it."""
    people = (make.student(), make.instructor(), make.admin())
    with app.app_context(), transaction():
        return [sessions.open_session(db.session.get(User, person.id)).access for person in people]


@needs_nginx
def test_nginx_accepts_its_configuration(tmp_path):
    file = nginx.configuration(tmp_path, 18_080, 18_081)

    told = subprocess.run([nginx.program(), "-t", "-c", file], capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stderr


@needs_nginx
def test_what_nginx_refuses_itself_has_the_shape_of_all_errors(tmp_path):
    """A body beyond its limit, and a request that no web server takes."""
    with nginx.running(tmp_path, ports.pick(None)) as port:
        long = refusal(port, "POST", "/api/v1/auth/login", {"Content-Length": str(9 * 1024 * 1024)})
        alone = refusal(port, "GET", "/api/v1/courses", {})

    assert long == (413, "too_large")
    assert alone == (503, "unavailable")


def refusal(port, method, path, headers):
    """Status and code of an error; what it must have besides is asserted."""
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        body = json.loads(response.read())
    assert response.headers.get_content_type() == "application/json"
    assert {*body} == {"success", "message", "data", "error"}
    assert {*body["error"]} == {"code", "type", "status", "details", "request_id"}
    assert body["error"]["status"] == response.status
    assert body["error"]["request_id"]
    return response.status, body["error"]["code"]


@needs_nginx
@pytest.mark.skipif(sys.platform != "linux", reason="a second address of this machine is needed")
def test_the_application_sees_the_address_of_the_client_and_none_that_it_names(proxy, make, stored):
    make.student(email="ada@example.org", password="Analytical-Engine-1843")
    body = b'{"email": "ada@example.org", "password": "Analytical-Engine-1843"}'
    login = post("/auth/login", body, "X-Forwarded-For: 203.0.113.9", "Connection: close")

    with socket.create_connection(proxy, timeout=30, source_address=("127.0.0.2", 0)) as client:
        client.sendall(login)
        answered = client.makefile("rb").readline()

    assert answered.startswith(b"HTTP/1.1 200")
    assert stored(select(Session.ip_address)) == ["127.0.0.2"]


@needs_nginx
def test_a_client_cannot_claim_to_have_come_by_https(environment, request):
    environment["FORCE_HTTPS"] = "on"
    proxy = request.getfixturevalue("proxy")

    claim = b"GET /docs HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\n\r\n"

    assert status_of(proxy, claim) == 308


@needs_nginx
def test_the_application_sees_the_host_that_the_client_names(environment, request):
    environment["TRUSTED_HOSTS"] = "rollcall.test"
    proxy = request.getfixturevalue("proxy")

    answered = [
        status_of(proxy, f"GET /docs HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        for host in ("rollcall.test", "localhost")
    ]

    assert answered == [200, 404]


@needs_nginx
def test_slow_clients_hold_nothing_behind_the_proxy(environment, request, tmp_path):
    # Threads of this worker wait for the bodies of their requests: the proxy alone keeps slow clients away from them.
    environment["GUNICORN_CMD_ARGS"] = "--worker-class=gthread"
    _, web_port = request.getfixturevalue("web")
    probe = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    with nginx.running(tmp_path, web_port, patience=600) as port:
        proxy = ("127.0.0.1", port)
        with crowd(proxy, UNFINISHED["half a registration"]), crowd(proxy, UNFINISHED["half a head"]):
            answered = [status_of(proxy, probe) for _ in range(5)]
        refused = status_of(proxy, post("/auth/register", b" " * 100_000))

    assert (answered, refused) == ([200] * 5, 413)
