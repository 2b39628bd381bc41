"""Two web nodes behind the HAProxy of `deploy/`: restarted one after the other, no request fails."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from threading import Event

import pytest

from tests.support.processes import await_answer
from tests.support.waiting import until
from tests.web.test_proxy import refusal
from tools import haproxy, ports

needs_haproxy = pytest.mark.skipif(haproxy.program() is None, reason="HAProxy is not installed")

CLIENTS = 6


@pytest.fixture
def node(start, environment):
    """Start a web node on this port."""
    environment |= {"DRAIN_SECONDS": "3", "TRUSTED_PROXIES": "1"}

    def run(port):
        address = ("127.0.0.1", port)
        process = start("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "-w", "1")
        await_answer(address)
        return process

    return run


@needs_haproxy
def test_haproxy_accepts_its_configuration(tmp_path):
    file = haproxy.configuration(tmp_path, haproxy.Front(18_080, 18_090), [18_081, 18_082])

    told = subprocess.run([haproxy.program(), "-c", "-f", file], capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stderr
    assert "WARNING" not in told.stderr


@needs_haproxy
def test_what_haproxy_cannot_pass_on_has_the_shape_of_all_errors(tmp_path):
    with haproxy.running(tmp_path, [ports.pick(None), ports.pick(None)]) as front:
        assert refusal(front.port, "GET", "/api/v1/courses", {}) == (503, "unavailable")


@needs_haproxy
@pytest.mark.timeout(300)
def test_a_rolling_restart_fails_no_request(node, make, tmp_path):
    make.student(email="ada@example.org", password="Analytical-Engine-1843")
    first, second = ports.pick(None), ports.pick(None)
    nodes = {port: node(port) for port in (first, second)}
    over, answers = Event(), Counter()

    with haproxy.running(tmp_path, [first, second]) as front, ThreadPoolExecutor(CLIENTS) as clients:
        until(lambda: front.nodes_up() == 2)
        asking = [clients.submit(ask, front.port, over, answers, n) for n in range(CLIENTS)]
        try:
            for port in (first, second):
                before = answers.total()
                nodes[port].terminate()
                assert nodes[port].wait(timeout=60) == 0
                nodes[port] = node(port)
                until(lambda: front.nodes_up() == 2)
                until(lambda before=before: answers.total() > before + 50)
        finally:
            over.set()
        for each in asking:
            each.result()

    assert answers.total() > 200
    assert set(answers) == {200}


def ask(port, over, answers, number):
    """Reads on a connection that is kept, and writes on new ones."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as kept:
        while not over.is_set():
            for call in (lambda: send(kept, "GET", "/api/v1/courses"), lambda: log_in(port)):
                try:
                    answers[call()] += 1
                except (OSError, HTTPException) as error:
                    answers[type(error).__name__] += 1
                    kept.close()
            over.wait(0.01 * number)


def log_in(port):
    body = json.dumps({"email": "ada@example.org", "password": "Analytical-Engine-1843"})
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        return send(connection, "POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"})


def send(connection, *request):
    connection.request(*request)
    response = connection.getresponse()
    response.read()
    return response.status
