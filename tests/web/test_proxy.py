"""The proxy that compose.yaml ships, with its own configuration file, in front of a real web server."""

from __future__ import annotations

import re
import socket
import subprocess

import pytest

from tests.support.http import PREFIX
from tests.support.paths import ROOT
from tests.web.test_slow_clients import UNFINISHED, crowd, post, status_of
from tools import nginx

COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")

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
    assert "127.0.0.1:${PORT:-8000}:80" in proxy
    assert "ports:" not in web
    assert "TRUSTED_PROXIES: ${TRUSTED_PROXIES:-1}" in COMPOSE


def test_compose_restarts_the_proxy_with_the_web_servers_whose_address_it_keeps():
    proxy = re.search(r"^  proxy:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)[1]

    assert re.search(
        r"depends_on:\n +web:\n +condition: service_started\n(?: +#.*\n)* +restart: true\n", proxy
    )


@needs_nginx
def test_nginx_accepts_its_configuration(tmp_path):
    file = nginx.configuration(tmp_path, 18_080, 18_081)

    told = subprocess.run([nginx.program(), "-t", "-c", file], capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stderr


@needs_nginx
def test_the_application_sees_the_client_and_believes_only_the_proxy(proxy, api, make):
    token = api.as_(make.student()).token
    head = (
        f"GET {PREFIX}/auth/sessions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
    )

    with socket.create_connection(proxy, timeout=30) as client:
        client.sendall(head.encode())
        heard = b"".join(iter(lambda: client.recv(65_536), b""))

    assert heard.startswith(b"HTTP/1.1 200")
    assert b"Strict-Transport-Security" not in heard


@needs_nginx
def test_slow_clients_hold_nothing_behind_the_proxy(proxy):
    probe = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    with crowd(proxy, UNFINISHED["half a registration"]), crowd(proxy, UNFINISHED["half a head"]):
        answered = [status_of(proxy, probe) for _ in range(5)]

    assert answered == [200] * 5
    assert status_of(proxy, post("/auth/register", b" " * 100_000)) == 413
