"""Two web nodes behind the HAProxy of `deploy/`: restarted one after the other, no request fails."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event

import pytest

from tests.support.paths import ROOT
from tests.support.processes import await_answer
from tests.support.waiting import until
from tests.web.test_proxy import refusal
from tools import haproxy, ports

needs_haproxy = pytest.mark.skipif(haproxy.program() is None, reason="HAProxy is not installed")

CLIENTS = 6
CONFIGURATION = (ROOT / "deploy" / "haproxy.cfg").read_text(encoding="utf-8")


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


@needs_haproxy
def test_what_is_done_once_is_repeated_and_nothing_else(tmp_path):
    """By a node that closes the first connection of each path without an answer, as one that is killed does."""
    key, body = {"Idempotency-Key": "a"}, json.dumps({"user_ids": ["x" * 36] * 2_000})
    seen = Counter()
    with (
        web_server(lambda request: dropping_the_first(request, seen)) as web,
        haproxy.running(tmp_path, [web, web]) as front,
    ):
        until(lambda: front.nodes_up() == 2)
        answers = {
            (method, path, bool(headers)): get(front.port, f"/api/v1{path}", method, headers, content)
            for method, path, headers, content in (
                ("GET", "/courses", {}, None),
                ("POST", "/lessons/a/complete", {}, None),
                ("POST", "/courses/a/assign-multiple", key, body),
                ("POST", "/courses/b/assign-multiple", {}, body),
                ("POST", "/reviews", key, None),
            )
        }

    assert answers == {
        ("GET", "/courses", False): 200,
        ("POST", "/lessons/a/complete", False): 200,
        ("POST", "/courses/a/assign-multiple", True): 200,
        ("POST", "/courses/b/assign-multiple", False): 502,
        ("POST", "/reviews", True): 502,
    }


@needs_haproxy
def test_requests_are_passed_on_while_no_node_is_ready(tmp_path):
    asked = Counter()

    def answer(request):
        asked[request.path] += 1
        return 503 if request.path == "/readyz" else 200

    with web_server(answer) as web, haproxy.running(tmp_path, [web, web]) as front:
        until(lambda: asked["/readyz"] and front.nodes_up() == 0)

        assert [get(front.port, "/api/v1/courses") for _ in range(4)] == [200] * 4


def test_haproxy_repeats_with_a_key_what_takes_one(app):
    """Its expression matches the operations that take an `Idempotency-Key`, and no others."""
    (pattern,) = re.findall(r"acl takes_key path_reg (\S+)", CONFIGURATION)
    document = app.test_client().get("/openapi.json").get_json()
    operations = {
        re.sub(r"\{\w+\}", "x", path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method == "post"
    }

    taking = {path for path, operation in operations.items() if takes_key(operation)}

    assert len(taking) == 9
    assert {path for path in operations if re.search(pattern, path)} == taking


def takes_key(operation):
    return any(parameter.get("name") == "Idempotency-Key" for parameter in operation.get("parameters", []))


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


def get(port, path, method="GET", headers=None, body=None):
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        return send(connection, method, path, body, headers or {})


@contextmanager
def web_server(answer):
    """A server that answers with the status that this returns for a request, or not at all; its port."""

    class Node(BaseHTTPRequestHandler):
        def reply(self):
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            status = answer(self)
            if status:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_):
            pass

    # The names that http.server looks for.
    Node.do_GET = Node.do_POST = Node.reply
    server = ThreadingHTTPServer(("127.0.0.1", 0), Node)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server.server_port
    server.shutdown()
    serving.join()
    server.server_close()


def dropping_the_first(request, seen):
    seen[request.path] += 1
    return 200 if request.path == "/readyz" or seen[request.path] > 1 else None


def log_in(port):
    body = json.dumps({"email": "ada@example.org", "password": "Analytical-Engine-1843"})
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        return send(connection, "POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"})


def send(connection, *request):
    connection.request(*request)
    response = connection.getresponse()
    response.read()
    return response.status
