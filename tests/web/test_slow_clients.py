"""Clients that take their time: what they hold meanwhile, and what they may still do at the end."""

import contextlib
import json
import os
import signal
import socket
import time
from io import BytesIO

import pytest
from sqlalchemy import create_engine, text

from deploy.web_intake import Incoming, Progress
from tests.support.http import PREFIX, data_of
from tests.support.processes import await_answer

ACCOUNT = {
    "email": "backdoor@example.org",
    "first_name": "Eve",
    "last_name": "Backdoor",
    "password": "Evil-Backdoor-1",
    "role": "ADMIN",
}


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

    with withholding(web, "/enrollments", own.token, {"course_id": 7}) as finish:
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
        time.sleep(4)
        answered = finish()

    assert answered == 408


def test_who_sends_a_long_body_steadily_is_waited_for(impatient, api, make):
    own = api.as_(make.instructor())
    body = b'{"title": 7}' + b" " * 60_000
    head = (
        f"POST {PREFIX}/courses HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {own.token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    with socket.create_connection(impatient, timeout=30) as client:
        heard = trickle(client, head.encode() + body, size=3_000, pause=0.1)

    assert heard.startswith(b"HTTP/1.1 422")


CROWD = 40
"""Ten times as many as there are threads."""


def post(path, body, *headers, length=None):
    """A POST as it is sent, whole unless its length says more."""
    lines = [
        f"POST {PREFIX}{path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


UNFINISHED = {
    "nothing": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: local",
    "half a registration": post("/auth/register", b'{"email": "', length=1_000),
    "half a chunk": (
        f"POST {PREFIX}/auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        'Transfer-Encoding: chunked\r\n\r\nff\r\n{"email"'
    ).encode(),
}


@pytest.fixture
def patient(environment, request):
    """A web server that disconnects no client during a test."""
    environment["CLIENT_PATIENCE_SECONDS"] = "600"
    return request.getfixturevalue("web")


@contextlib.contextmanager
def crowd(address, sent, size=CROWD):
    """So many connections on which this was sent, and no more."""
    with contextlib.ExitStack() as opened:
        clients = []
        for _ in range(size):
            # At once: one that has sent nothing yet is given up without an answer.
            clients.append(opened.enter_context(socket.create_connection(address, timeout=30)))
            clients[-1].sendall(sent)
        time.sleep(0.5)  # for the server to come as far as it will
        yield clients


def status_of(address, sent):
    """What a request is answered, whose client sends no more until it is."""
    with socket.create_connection(address, timeout=30) as client:
        client.sendall(sent)
        return int(client.makefile("rb").readline().split()[1])


def test_unfinished_requests_hold_no_thread(patient, api, make):
    token = api.as_(make.student()).token
    ordinary = f"GET {PREFIX}/auth/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"

    with contextlib.ExitStack() as opened:
        for sent in UNFINISHED.values():
            opened.enter_context(crowd(patient, sent))
        answered = [
            status_of(patient, each)
            for each in (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", ordinary.encode()) * 5
        ]

    assert answered == [200] * 10


def test_beyond_half_of_the_connections_the_oldest_unfinished_request_makes_room(environment, start):
    environment["CLIENT_PATIENCE_SECONDS"] = "600"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = probe.getsockname()
    start(
        *("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{address[1]}"),
        *("-w", "1", "--threads", "4", "--worker-connections", "20"),
        says="Booting worker",
    )
    await_answer(address)

    with crowd(address, UNFINISHED["half a registration"], size=25) as clients:
        answered = status_of(address, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        first = clients[0].recv(65_536)
        clients[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            clients[-1].recv(1)

    assert answered == 200
    assert first.startswith(b"HTTP/1.1 503")
    assert b"\r\nRetry-After: 2\r\n" in first
    assert json.loads(first.partition(b"\r\n\r\n")[2])["error"]["code"] == "no_room"


def test_long_requests_that_wait_for_a_thread_count_as_held(patient, api, make, config):
    token = f"Authorization: Bearer {api.as_(make.admin()).token}"
    sent = post("/users/import", b" " * 4_000_000, token, "Connection: close")
    engine = create_engine(config.database_url)

    with engine.connect() as holder, contextlib.ExitStack() as opened:
        # Each thread is kept by the first request that it gets.
        holder.execute(text("LOCK TABLE users, sessions IN ACCESS EXCLUSIVE MODE"))
        clients = [opened.enter_context(socket.create_connection(patient, timeout=30)) for _ in range(30)]
        for client in clients:
            with contextlib.suppress(ConnectionError):
                client.sendall(sent)
        holder.rollback()
        answered = [first_line_of(client) for client in clients]
    engine.dispose()

    assert b"HTTP/1.1 503 SERVICE UNAVAILABLE" in answered
    assert sum(b" 503 " not in line for line in answered) >= 10
    await_answer(patient)


def first_line_of(client):
    """The status line, empty where the connection was reset."""
    with contextlib.suppress(ConnectionError):
        return client.makefile("rb").readline().strip()
    return b""


def test_a_body_that_will_not_be_read_is_not_waited_for(patient, api, make):
    token = f"Authorization: Bearer {api.as_(make.instructor()).token}"
    forged = token[:-4] + "AAAA"
    chunked = (
        f"POST {PREFIX}/courses HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n"
    ).encode()

    answered = {
        "a stranger's of a megabyte": status_of(patient, post("/auth/register", b"{", length=1_000_000)),
        "a stranger's to a route with a token": status_of(patient, post("/courses", b"{", length=2)),
        "in chunks": status_of(patient, chunked),
        "of a forged token": status_of(patient, post("/courses", b"{", forged, length=2)),
        "of a forged token to a public route": status_of(
            patient, post("/auth/register", b"{", forged, length=1_000_000)
        ),
        "longer than the route takes": status_of(patient, post("/courses", b"{", token, length=9_000_000)),
        "to a route without a body": status_of(
            patient, post("/auth/logout-all", b"{", token, length=900_000)
        ),
        "to nowhere": status_of(patient, post("/nowhere", b"{", length=2)),
        "to a page": status_of(patient, post("/../../docs", b"{", length=2)),
        "with a GET": status_of(patient, b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"),
    }

    assert answered == {
        "a stranger's of a megabyte": 413,
        "a stranger's to a route with a token": 401,
        "in chunks": 401,
        "of a forged token": 401,
        "of a forged token to a public route": 413,
        "longer than the route takes": 413,
        "to a route without a body": 422,
        "to nowhere": 404,
        "to a page": 404,
        "with a GET": 200,
    }


def test_who_sends_all_of_a_body_that_is_not_read_hears_why(patient):
    body = b" " * 3_000_000

    with socket.create_connection(patient, timeout=30) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(post("/auth/register", body))
        heard = b"".join(iter(lambda: client.recv(65_536), b""))

    assert heard.startswith(b"HTTP/1.1 413")
    assert b"\r\nConnection: close\r\n" in heard


def test_a_body_is_asked_for_where_it_is_wanted(patient):
    expecting = "Expect: 100-continue"
    body = b'{"email": "nobody@example.org"}'

    with socket.create_connection(patient, timeout=30) as client:
        client.sendall(post("/auth/forgot-password", b"", expecting, length=len(body)))
        asked = client.recv(65_536)
        client.sendall(body)
        answered = client.recv(65_536)

    assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answered.startswith(b"HTTP/1.1 200")
    assert status_of(patient, post("/auth/forgot-password", b"", expecting, length=900_000)) == 413


EMAIL = b'{"email": "nobody@example.org"}'
"""To an endpoint that takes 4,096 bytes."""


def in_chunks(body, size):
    return b"".join(
        b"%x\r\n%b\r\n" % (len(piece), piece)
        for piece in (body[start : start + size] for start in range(0, len(body), size))
    )


@pytest.mark.parametrize(
    ("chunks", "status"),
    [
        (in_chunks(EMAIL, 10) + b"0\r\n\r\n", 200),
        (in_chunks(EMAIL.ljust(4_000), 64) + b"0\r\n\r\n", 200),
        (in_chunks(EMAIL, 100), 400),
        (in_chunks(EMAIL, 10) + b"a", 400),
        (in_chunks(EMAIL, 100) + b"0", 400),
        (in_chunks(EMAIL, 100) + b"0\r\n", 400),
        (in_chunks(EMAIL, 100) + b"9\r\n     ", 400),
        (in_chunks(EMAIL, 100) + b"5\r\n     \r", 400),
        (in_chunks(EMAIL, 100) + b"5\r\n", 400),
        (in_chunks(EMAIL.ljust(40_000), 64) + b"0\r\n\r\n", 413),
        (in_chunks(EMAIL.ljust(40_000), 1_000) + b"0\r\n\r\n", 413),
        (in_chunks(EMAIL.ljust(40_000), 8_000), 413),
    ],
    ids=[
        *("whole", "framing beyond the limit", "no last chunk", "half a line", "half a last chunk"),
        *("no end", "half a chunk", "half the end of a chunk", "the line of a chunk"),
        *("too long in small chunks", "too long", "too long and broken off"),
    ],
)
def test_chunks_are_read_to_the_last_one_and_refused_where_it_is_missing(patient, chunks, status):
    head = post("/auth/forgot-password", b"", "Transfer-Encoding: chunked", "Connection: close")

    with socket.create_connection(patient, timeout=30) as client:
        client.sendall(head.replace(b"Content-Length: 0\r\n", b""))
        time.sleep(0.1)
        with contextlib.suppress(OSError):
            client.sendall(chunks[:-5])
            time.sleep(0.1)  # for the server to judge the length of chunks that are not yet all there
            client.sendall(chunks[-5:])
            client.shutdown(socket.SHUT_WR)
        answered = client.makefile("rb").readline()

    assert answered.startswith(b"HTTP/1.1 %d" % status)


def test_requests_that_come_together_are_answered_one_by_one(patient):
    body = b'{"email": "nobody@example.org"}'
    chunked = (
        (
            f"POST {PREFIX}/auth/forgot-password HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\n"
        ).encode()
        + body[:5]
        + b"\r\n%x\r\n" % len(body[5:])
        + body[5:]
        + b"\r\n0\r\nX: y\r\n\r\n"
    )
    sent = post("/auth/forgot-password", body) + chunked + b"GET /healthz HTTP/1.1\r\nHost: a\r\n"

    with socket.create_connection(patient, timeout=30) as client:
        client.sendall(sent)
        heard = b""
        while heard.count(b"HTTP/1.1 200 OK\r\n") < 2:
            piece = client.recv(65_536)
            assert piece, f"the server hung up after {heard}"
            heard += piece
        client.sendall(b"Connection: close\r\n\r\n")
        heard += b"".join(iter(lambda: client.recv(65_536), b""))

    assert heard.count(b"HTTP/1.1 200 OK\r\n") == 3


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "length",
    [f"{len(SMUGGLED):030}", f"{len(SMUGGLED)}", "1" + "0" * 20, "9" * 6_000],
    ids=["with zeros in front", "ordinary", "beyond 64 bits", "of thousands of digits"],
)
def test_a_body_is_never_read_as_the_next_request(patient, length):
    with socket.create_connection(patient, timeout=30) as client:
        client.sendall(post("/auth/forgot-password", SMUGGLED, length=length))
        time.sleep(0.5)
        with contextlib.suppress(ConnectionError):
            client.sendall(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        heard = b"".join(iter(lambda: client.recv(65_536), b""))

    assert heard.startswith(b"HTTP/1.1 4")
    assert b"HTTP/1.1 200" not in heard
    await_answer(patient)


@pytest.mark.parametrize(
    ("written", "length"), [("12", 12), ("00012", 12), ("12 \t", 12), ("0", 0), ("000", 0), ("1" * 30, 1_001)]
)
def test_a_request_ends_after_its_length_however_that_is_written(written, length):
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {written}\r\n\r\n".encode()

    def incoming(size):
        found = Incoming(bytearray(head + b"x" * size), lambda *_: 1_000, lambda *_: BytesIO())
        return found.progress(), found.is_cut

    assert incoming(length) == (Progress.WHOLE, length > 1_000)
    if 0 < length <= 1_000:
        assert incoming(length - 1) == (Progress.UNFINISHED, False)


def test_what_comes_byte_by_byte_is_read_as_one(patient):
    body = b'{"email": "nobody@example.org"}'

    with socket.create_connection(patient, timeout=30) as client:
        heard = trickle(client, post("/auth/forgot-password", body, "Connection: close"), pause=0.002)

    assert heard.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "header", ["SCRIPT_NAME: /foo", "Script-Name: /foo", "PATH_INFO: /healthz", "X-Forwarded-Proto: https"]
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


def test_a_request_whose_place_another_takes_at_the_same_moment_ends_alone(environment, start):
    environment["CLIENT_PATIENCE_SECONDS"] = "600"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = probe.getsockname()
    server = start(
        *("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{address[1]}"),
        *("-w", "1", "--threads", "4", "--worker-connections", "20"),
        says="Booting worker",
    )
    await_answer(address)

    with crowd(address, UNFINISHED["half a registration"], size=10) as clients:
        # Both arrive while the worker is stopped: its next turn has both events.
        os.killpg(server.pid, signal.SIGSTOP)
        newcomer = socket.create_connection(address, timeout=30)
        clients[0].sendall(b"x")
        os.killpg(server.pid, signal.SIGCONT)
        with newcomer:
            first = clients[0].recv(65_536)
            newcomer.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answered = newcomer.makefile("rb").readline()
        clients[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            clients[-1].recv(1)

    assert first.startswith(b"HTTP/1.1 503")
    assert answered.startswith(b"HTTP/1.1 200")
