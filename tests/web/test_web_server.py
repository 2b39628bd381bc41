"""The web server as every command starts it: its settings, and what it says to requests that are none."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.http import assert_refused
from tests.support.paths import ROOT
from tests.support.processes import await_answer
from tests.support.waiting import until
from tools.run import Platform

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
WANTED = {
    "control_socket_disable": "True",
    "limit_request_line": "8190",
    "threads": "4",
    "worker_class": "deploy.web_worker.Worker",
    "workers": "2",
}


def command_of_the_image():
    (shell, option, line) = json.loads(re.findall(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)[-1])
    assert (shell, option) == ("sh", "-c")
    return ["-m", *shlex.split(line.removeprefix("exec ").replace("$HOST:$PORT", "127.0.0.1:0"))]


def command_of_make_run(tmp_path):
    class State:
        path = tmp_path

    platform = Platform(State, None, "127.0.0.1", 8_000)
    return list(platform.web().command[1:])


@pytest.mark.parametrize("starter", ["the image", "make run", "a bare gunicorn"])
def test_every_start_of_the_web_server_has_the_same_settings(environment, tmp_path, starter):
    command = {
        "the image": command_of_the_image(),
        "make run": command_of_make_run(tmp_path),
        "a bare gunicorn": ["-m", "gunicorn", "wsgi:app"],
    }[starter]

    told = subprocess.run(
        [sys.executable, *command, "--print-config"],
        cwd=ROOT,
        env={name: value for name, value in environment.items() if not name.startswith("WEB_")},
        capture_output=True,
        text=True,
        check=True,
    )

    effective = dict(line.split(" = ", 1) for line in told.stdout.splitlines() if " = " in line)
    effective = {name.strip(): value.strip() for name, value in effective.items()}
    assert {name: effective[name] for name in WANTED} == WANTED


def test_the_size_of_the_web_server_comes_from_the_environment(environment):
    told = subprocess.run(
        [sys.executable, "-m", "gunicorn", "wsgi:app", "--print-config"],
        cwd=ROOT,
        env=environment | {"WEB_CONCURRENCY": "3", "WEB_THREADS": "7"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert re.search(r"^workers += 3$", told.stdout, re.MULTILINE)
    assert re.search(r"^threads += 7$", told.stdout, re.MULTILINE)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_two_servers_of_one_user_share_no_control_socket(start, environment, tmp_path):
    environment["HOME"] = str(tmp_path)
    environment.pop("XDG_RUNTIME_DIR", None)

    for _ in range(2):
        port = free_port()
        start("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "-w", "1", says="Booting worker")
        await_answer(("127.0.0.1", port))

    assert [path.name for path in Path(tmp_path).rglob("*.ctl")] == []


class Heard:
    """An answer as it came over the wire, with what `assert_refused` reads."""

    def __init__(self, raw):
        head, _, self.text = raw.decode().partition("\r\n\r\n")
        self.status_code = int(head.split()[1])
        self.headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])

    def get_json(self):
        return json.loads(self.text)


def say(address, *lines):
    with socket.create_connection(address, timeout=30) as client:
        client.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        return Heard(b"".join(iter(lambda: client.recv(65_536), b"")))


NO_HOST = {
    "none": (),
    "twice": ("Host: localhost", "Host: localhost"),
    "two": ("Host: localhost", "Host: example.org"),
    "a space": ("Host: a b",),
    "a path": ("Host: a/b",),
    "a user": ("Host: user@localhost",),
    "a port in letters": ("Host: localhost:port",),
    "a list": ("Host: localhost, example.org",),
}
A_HOST = {
    "HTTP 1.0": ("GET /healthz HTTP/1.0",),
    "a name": ("GET /healthz HTTP/1.1", "Host: localhost"),
    "a port": ("GET /healthz HTTP/1.1", "Host: localhost:8000"),
    "IPv6": ("GET /healthz HTTP/1.1", "Host: [::1]:8000"),
    "a final dot": ("GET /healthz HTTP/1.1", "Host: rollcall.example.org."),
    "an underscore": ("GET /healthz HTTP/1.1", "Host: my_service"),
    "empty": ("GET /healthz HTTP/1.1", "Host:"),
    "absolute form": ("GET http://localhost/healthz HTTP/1.1", "Host: localhost"),
}


def test_a_request_that_does_not_name_one_host_is_refused(web):
    answers = {
        f"{path}, {name}": say(web, f"GET {path} HTTP/1.1", *hosts)
        for path in ("/api/v1/courses", "/healthz", "/docs", "/nowhere")
        for name, hosts in NO_HOST.items()
    }

    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 400} == {}
    for answer in answers.values():
        assert_refused(answer, 400, "invalid_host")


TOO_LONG = {
    "a line": (
        [f"GET /api/v1/courses?search={'x' * 9_000} HTTP/1.1", "Host: localhost"],
        414,
        "uri_too_long",
    ),
    "a long line": ([f"GET /{'x' * 100_000} HTTP/1.1", "Host: localhost"], 414, "uri_too_long"),
    "a header": (
        ["GET /api/v1/courses HTTP/1.1", "Host: localhost", f"X-Long: {'x' * 9_000}"],
        431,
        "headers_too_large",
    ),
    "many headers": (
        ["GET /api/v1/courses HTTP/1.1", "Host: localhost", *(f"X-{number}: x" for number in range(150))],
        431,
        "headers_too_large",
    ),
}


@pytest.mark.parametrize("what", TOO_LONG)
def test_what_the_web_server_does_not_read_is_refused_in_the_one_shape(web, what):
    lines, status, code = TOO_LONG[what]

    answer = say(web, *lines)

    assert_refused(answer, status, code)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Connection"] == "close"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-ID"] == answer.get_json()["error"]["request_id"] != ""


NO_HTTP = {
    "a method in small letters": ("post /api/v1/courses HTTP/1.1", "Host: localhost"),
    "no version": ("GET /api/v1/courses", "Host: localhost"),
    "two lengths": (
        "POST /api/v1/courses HTTP/1.1",
        "Host: localhost",
        "Content-Length: 0",
        "Content-Length: 1",
    ),
    "a length in words": ("POST /api/v1/courses HTTP/1.1", "Host: localhost", "Content-Length: five"),
    "a header without a colon": ("GET /api/v1/courses HTTP/1.1", "Host: localhost", "Authorization"),
    "a null character": ("GET /api/v1/courses HTTP/1.1", "Host: localhost", "Authorization: Bearer \0"),
    "the first bytes of TLS": ("\x16\x03\x01\x02",),
}


def test_what_is_no_http_is_refused_in_the_one_shape(web):
    for lines in NO_HTTP.values():
        answer = say(web, *lines)
        assert_refused(answer, 400, "malformed_request")
        assert answer.headers["Connection"] == "close"


def test_what_names_a_host_as_it_may_is_answered(web):
    answers = {name: say(web, *lines).status_code for name, lines in A_HOST.items()}

    assert answers == dict.fromkeys(A_HOST, 200)


class Stopping:
    """A web server that was told to stop."""

    def __init__(self, start, environment, *, drain_seconds):
        environment["DRAIN_SECONDS"] = str(drain_seconds)
        self.address = ("127.0.0.1", free_port())
        self.process = start(
            *("-m", "gunicorn", "wsgi:app", "--bind", ":".join(map(str, self.address)), "-w", "1"),
            says="Booting worker",
        )
        await_answer(self.address)

    def stop(self):
        self.process.terminate()

    def get(self, path):
        with contextlib.closing(HTTPConnection(*self.address, timeout=30)) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            response.body = response.read()
            return response

    def refuses(self):
        """Whether a connection is refused at once: neither accepted nor left waiting."""
        try:
            socket.create_connection(self.address, timeout=2).close()
        except ConnectionRefusedError:
            return True
        return False


def test_a_server_that_is_told_to_stop_serves_on_until_a_load_balancer_has_noticed(start, environment):
    server = Stopping(start, environment, drain_seconds=300)
    assert server.get("/readyz").status == 200

    server.stop()

    until(lambda: server.get("/readyz").status == 503)
    assert json.loads(server.get("/readyz").body)["status"] == "draining"
    with ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(server.get, ["/api/v1/courses"] * 20))
    assert {each.status for each in answers} == {200}
    # A proxy that keeps its connections would send the next request on one that is about to close.
    assert {each.headers["Connection"] for each in answers} == {"close"}
    server.stop()
    assert server.process.wait(timeout=60) == 0


def test_a_server_that_has_drained_stops_by_itself(start, environment):
    server = Stopping(start, environment, drain_seconds=1)

    server.stop()

    assert server.process.wait(timeout=60) == 0


def test_connections_are_refused_while_running_requests_end(start, environment):
    """They would otherwise wait for as long as those take, and then be reset."""
    server = Stopping(start, environment, drain_seconds=0)
    with socket.create_connection(server.address) as unfinished:
        unfinished.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        until(lambda: server.get("/healthz").status == 200)

        server.stop()

        until(server.refuses)
        unfinished.sendall(b"\r\n")
        assert unfinished.recv(64).startswith(b"HTTP/1.1 200 OK")
    assert server.process.wait(timeout=60) == 0
