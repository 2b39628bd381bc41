"""Sheets that are too long for the memory of a web process: received into a file, cut, and followed by another request."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.models import Assignment
from deploy import web_intake
from tests.chaos.test_long_storm import parent_of
from tests.support.http import PREFIX
from tests.support.processes import await_answer

NOTE = 60_000
MEGABYTE = 1_000_000


@pytest.fixture
def server(environment, start):
    """A web server that gives its clients time; its address and the process of its one worker."""
    environment["CLIENT_PATIENCE_SECONDS"] = "600"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = probe.getsockname()
    master = start(
        *("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{address[1]}", "-w", "1", "--threads", "2"),
        says="Booting worker",
    )
    await_answer(address)
    (worker,) = [
        int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if parent_of(stat) == master.pid
    ]
    return address, worker


@pytest.fixture
def order(api, make):
    """The head of a request that assigns the people of a sheet, and the sheet, of so many megabytes."""
    course, token = make.course(), api.as_(make.admin()).token

    def write(megabytes):
        rows = megabytes * MEGABYTE // NOTE
        sheet = b"email,note\n" + b"".join(
            b"n%d@example.org,%s\n" % (row, b"x" * NOTE) for row in range(rows)
        )
        head = (
            f"POST {PREFIX}/courses/{course.id}/assign-multiple?notify=false HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: text/csv\r\nContent-Length: {len(sheet)}\r\n\r\n"
        )
        return head.encode(), sheet, rows

    return write


def peak_of(process):
    """The most memory that the process has had, in megabytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1_000


def answer_on(client):
    """The status line and the body of the next response."""
    file = client.makefile("rb")
    status = int(file.readline().split()[1])
    length = 0
    while (line := file.readline()).strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return status, file.read(length)


def test_a_long_sheet_is_never_held_in_memory(server, order):
    address, worker = server
    head, sheet, rows = order(60)
    before = peak_of(worker)

    with socket.create_connection(address, timeout=100) as client:
        client.sendall(head + sheet)
        status, body = answer_on(client)

    assert status == 200
    assert b'"not_found":%d' % rows in body.replace(b" ", b"")
    assert peak_of(worker) - before < 30


def test_a_long_sheet_that_ends_too_soon_writes_nothing(server, order, stored):
    address, _ = server
    head, sheet, _ = order(12)

    with socket.create_connection(address, timeout=100) as client:
        client.sendall(head + sheet[:-1])
        client.shutdown(socket.SHUT_WR)
        status, body = answer_on(client)

    assert (status, b"before it was complete" in body) == (400, True)
    assert stored(select(func.count()).select_from(Assignment)) == [0]


def test_what_follows_a_long_sheet_on_its_connection_is_the_next_request(server, order):
    address, _ = server
    head, sheet, _ = order(12)
    following = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

    with socket.create_connection(address, timeout=100) as client:
        client.sendall(head + sheet + following + following)
        answers = [answer_on(client)[0] for _ in range(3)]

    assert answers == [200, 200, 200]


def test_a_body_is_kept_in_a_file_from_its_limit_on():
    held = bytearray()
    incoming = web_intake.Incoming(held, lambda *_: 10 * web_intake.SPILLED_FROM)
    body = bytes(range(256)) * (web_intake.SPILLED_FROM // 256 + 1)
    incoming.put(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:7])
    head = len(held) - 7
    assert incoming.progress() is web_intake.Progress.UNFINISHED

    incoming.put(body[7:-1])
    assert (incoming.progress(), incoming.most_wanted(100)) == (web_intake.Progress.UNFINISHED, 1)
    incoming.put(body[-1:])

    assert incoming.progress() is web_intake.Progress.WHOLE
    assert (len(held), incoming.spilled) == (head + 7, len(body) - 7)
    taken = b"".join(iter(lambda: incoming.take(100_000), b""))
    assert taken[head:] == body
    incoming.close()
