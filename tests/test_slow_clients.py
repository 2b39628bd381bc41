"""Clients that take their time: what they hold meanwhile, and what they may still do at the end."""

import contextlib
import json
import socket
import time

import pytest
from sqlalchemy import create_engine, text

from tests.http import PREFIX, data_of
from tests.processes import await_answer

ACCOUNT = {"email": "backdoor@example.org", "password": "Evil-Backdoor-1", "role": "ADMIN"}


@contextlib.contextmanager
def withholding(address, path, token, body):
    """Everything of a POST but the end of its body; yields a function that sends that and returns the status."""
    sent = json.dumps(body).encode()
    head = (
        f"POST {PREFIX}{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
    )

    with socket.create_connection(address, timeout=30) as client:
        client.sendall(head.encode() + sent[:1])
        time.sleep(0.5)  # for the server to come as far as it will

        def finish():
            client.sendall(sent[1:])
            return int(client.makefile("rb").readline().split()[1])

        yield finish


@pytest.mark.parametrize(
    "ending",
    [
        lambda chief, admin, _: chief.post(f"/users/{admin.id}/role", json={"role": "STUDENT"}),
        lambda chief, admin, _: chief.post(f"/users/{admin.id}/deactivate"),
        lambda chief, admin, _: chief.delete(f"/users/{admin.id}"),
        lambda _chief, _admin, own: own.post("/auth/logout-all"),
    ],
    ids=["demoted", "deactivated", "deleted", "logged out"],
)
def test_a_body_that_is_held_back_keeps_no_right(web, api, make, ending):
    admin, chief = make.admin(), api.as_(make.admin())
    own = api.as_(admin)

    with withholding(web, "/users", own.token, ACCOUNT) as finish:
        assert ending(chief, admin, own).status_code < 300
        answered = finish()

    assert answered == 401
    assert data_of(chief.get("/users?search=backdoor")) == []


def test_a_body_that_is_held_back_holds_no_connection_of_the_database(web, api, make, config):
    own = api.as_(make.student())
    engine = create_engine(config.database_url)
    open_transactions = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'"
    )

    with withholding(web, "/enrollments", own.token, {"course_id": "x"}) as finish:
        with engine.connect() as watcher:
            held = watcher.scalar(open_transactions)
        answered = finish()
    engine.dispose()

    assert (held, answered) == (0, 422)


@pytest.fixture
def impatient(environment, request):
    """A web server that gives a client a second for its request."""
    environment["CLIENT_PATIENCE_SECONDS"] = "1"
    return request.getfixturevalue("web")


def trickle(client, sent, *, size=1, pause=0.05):
    """Send it in pieces until it is sent or the other side has hung up; what came back."""
    with contextlib.suppress(OSError):
        for start in range(0, len(sent), size):
            client.sendall(sent[start : start + size])
            time.sleep(pause)
    heard = b""
    with contextlib.suppress(ConnectionError):
        while piece := client.recv(65_536):
            heard += piece
    return heard


def test_who_never_ends_the_head_of_a_request_is_cut_off(impatient):
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 10_000

    with contextlib.ExitStack() as opened:
        clients = [opened.enter_context(socket.create_connection(impatient, timeout=30)) for _ in range(6)]
        for client in clients[1:]:
            client.sendall(head[:30])
        heard = [trickle(clients[0], head), *(client.recv(1) for client in clients[1:])]

    assert heard == [b""] * 6
    await_answer(impatient)


def test_who_never_ends_a_body_is_cut_off(impatient, api, make):
    own = api.as_(make.student())

    with withholding(impatient, "/enrollments", own.token, {"course_id": "x" * 500}) as finish:
        time.sleep(1)
        answered = finish()

    assert answered == 400


def test_who_sends_a_long_body_steadily_is_waited_for(impatient, api, make):
    own = api.as_(make.student())
    body = b'{"course_id": "x"}' + b" " * 60_000
    head = (
        f"POST {PREFIX}/enrollments HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {own.token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    with socket.create_connection(impatient, timeout=30) as client:
        heard = trickle(client, head.encode() + body, size=3_000, pause=0.1)

    assert heard.startswith(b"HTTP/1.1 422")


@pytest.mark.parametrize(
    "header", ["SCRIPT_NAME: /foo", "Script-Name: /foo", "PATH_INFO: /nowhere", "X-Forwarded-Proto: https"]
)
def test_a_program_of_the_same_machine_is_no_proxy(environment, request, header):
    environment["FORCE_HTTPS"] = "on"
    address = request.getfixturevalue("web")

    with socket.create_connection(address, timeout=30) as client:
        client.sendall(
            f"GET /docs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n\r\n".encode()
        )
        heard = trickle(client, b"")

    assert heard.startswith(b"HTTP/1.1 308")
