"""Sheets and files that are too long for the memory of a web process: received into a file, cut, and followed by another request."""

from __future__ import annotations

import contextlib
import resource
import socket
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.models import Assignment
from deploy import web_intake
from tests.chaos.test_long_storm import parent_of
from tests.support.http import PREFIX
from tests.support.paths import ROOT
from tests.support.processes import await_answer
from tests.support.waiting import until

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


@contextlib.contextmanager
def connected(address):
    """A connection, and the file to read responses from; both are closed afterwards."""
    with socket.create_connection(address, timeout=100) as client, client.makefile("rb") as file:
        yield client, file


def answer_on(file):
    """The status and the body of the next response."""
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

    with connected(address) as (client, file):
        client.sendall(head + sheet)
        status, body = answer_on(file)

    assert status == 200
    assert b'"not_found":%d' % rows in body.replace(b" ", b"")
    assert peak_of(worker) - before < 30


def test_a_long_sheet_that_ends_too_soon_writes_nothing(server, order, stored):
    address, _ = server
    head, sheet, _ = order(12)

    with connected(address) as (client, file):
        client.sendall(head + sheet[:-1])
        client.shutdown(socket.SHUT_WR)
        status, body = answer_on(file)

    assert (status, b"before it was complete" in body) == (400, True)
    assert stored(select(func.count()).select_from(Assignment)) == [0]


def test_what_follows_a_long_sheet_on_its_connection_is_the_next_request(server, order):
    address, _ = server
    head, sheet, _ = order(12)
    following = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

    with connected(address) as (client, file):
        client.sendall(head + sheet + following + following)
        answers = [answer_on(file)[0] for _ in range(3)]

    assert answers == [200, 200, 200]


def test_a_sheet_without_room_on_the_disk_is_refused_and_other_clients_are_served(server, order, stored):
    address, worker = server
    head, sheet, _ = order(12)
    unlimited = resource.prlimit(worker, resource.RLIMIT_FSIZE, (MEGABYTE, resource.RLIM_INFINITY))

    with connected(address) as (other, responses):
        with connected(address) as (client, file):
            client.sendall(head + sheet[: 3 * MEGABYTE])
            status, body = answer_on(file)
        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        after = answer_on(responses)[0]

    assert (status, b'"storage_full"' in body, after) == (507, True, 200)
    assert stored(select(func.count()).select_from(Assignment)) == [0]
    resource.prlimit(worker, resource.RLIMIT_FSIZE, unlimited)
    with connected(address) as (client, file):
        client.sendall(head + sheet)
        assert answer_on(file)[0] == 200


def test_a_sheet_in_chunks_without_room_on_the_disk_is_refused(server, order):
    """The web server has such a body in memory; it is the application that writes it to a file."""
    address, worker = server
    head, sheet, _ = order(2)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (MEGABYTE, resource.RLIM_INFINITY))
    chunked = head.replace(b"Content-Length: %d" % len(sheet), b"Transfer-Encoding: chunked")

    with connected(address) as (client, file):
        client.sendall(b"%b%x\r\n%b\r\n0\r\n\r\n" % (chunked, len(sheet), sheet))
        status, body = answer_on(file)

    assert (status, b'"storage_full"' in body) == (507, True)


@pytest.fixture
def upload(api, make):
    """The head of a request that adds a file to a lesson, and its form."""
    lesson, token = make.lesson(make.section(make.course())), api.as_(make.admin()).token

    def write(content, name="film.bin", rest=b""):
        form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n' % name.encode()
        form += content + rest + b"\r\n--b--\r\n"
        head = (
            f"POST {PREFIX}/lessons/{lesson.id}/files HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            f"Content-Length: {len(form)}\r\n\r\n"
        )
        return head.encode(), form

    return write


@pytest.fixture
def kept(config):
    """The files that are kept, and those that are being received, with their inodes."""

    def found(folder):
        return {
            file.stat().st_ino: file
            for file in (Path(config.media_dir) / folder).rglob("*")
            if file.is_file()
        }

    before = {folder: found(folder) for folder in ("files", "drafts")}
    return lambda folder: {
        inode: file for inode, file in found(folder).items() if inode not in before[folder]
    }


def test_a_long_file_is_kept_where_it_was_received_and_never_in_memory(server, upload, kept):
    address, worker = server
    content = bytes(range(256)) * (40 * MEGABYTE // 256)
    head, form = upload(content)
    before = peak_of(worker)

    with connected(address) as (client, file):
        client.sendall(head + form[:-1])
        until(lambda: kept("drafts"))
        (received,) = kept("drafts")
        client.sendall(form[-1:] + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answers = [answer_on(file)[0] for _ in range(2)]

    assert answers == [201, 200]
    (stored,) = kept("files").items()
    assert stored[0] == received
    assert stored[1].read_bytes() == content
    assert kept("drafts") == {}
    assert peak_of(worker) - before < 30


def test_a_long_file_that_is_not_kept_leaves_nothing(server, upload, kept):
    address, _ = server
    head, form = upload(bytes(12 * MEGABYTE), "a.pdf")
    second = b'\r\n--b\r\nContent-Disposition: form-data; name="other"\r\n\r\n1'

    with connected(address) as (client, file):
        client.sendall(b"".join(upload(bytes(12 * MEGABYTE), rest=second)))
        status, body = answer_on(file)
    assert (status, b'"other"' in body) == (422, True)
    for ending, status in (("cut", 400), ("refused", 415), ("gone", None)):
        with connected(address) as (client, file):
            client.sendall(head + (form if ending == "refused" else form[:-9]))
            until(lambda: kept("drafts"))
            if status is not None:
                client.shutdown(socket.SHUT_WR)
                assert answer_on(file)[0] == status
        until(lambda: kept("drafts") == {})

    assert kept("files") == {}


def test_a_long_file_without_room_on_the_disk_is_refused_and_leaves_nothing(server, upload, kept):
    address, worker = server
    head, form = upload(bytes(12 * MEGABYTE))
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (MEGABYTE, resource.RLIM_INFINITY))

    with connected(address) as (client, file):
        client.sendall(head + form[: 3 * MEGABYTE])
        status, body = answer_on(file)

    assert (status, b'"storage_full"' in body) == (507, True)
    until(lambda: kept("drafts") == {})
    assert kept("files") == {}


def spilling(head, body):
    """A request that is long enough for a file, with the first bytes of its body."""
    held = bytearray()
    incoming = web_intake.Incoming(held, lambda *_: 10 * web_intake.SPILLED_FROM, lambda *_: BytesIO())
    incoming.put(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:head])
    assert incoming.progress() is web_intake.Progress.UNFINISHED
    return incoming, held


def test_a_body_is_kept_in_a_file_from_its_limit_on():
    body = bytes(range(256)) * (web_intake.SPILLED_FROM // 256 + 1)
    incoming, held = spilling(7, body)
    head = len(held) - 7
    assert (incoming.most_wanted(100, 1_000), incoming.spilled) == (100, 0)

    incoming.put(body[7:-1])
    assert (incoming.progress(), incoming.most_wanted(100, 100)) == (web_intake.Progress.UNFINISHED, 1)
    incoming.put(body[-1:])

    assert incoming.progress() is web_intake.Progress.WHOLE
    assert len(held) + incoming.spilled == head + len(body)
    assert len(held) < 100_000
    taken = b"".join(iter(lambda: incoming.take(100_000), b""))
    assert taken[head:] == body
    assert incoming.spilled_body() is None
    incoming.close()


def test_a_draft_of_the_store_takes_none_of_the_room_for_temporary_files():
    class Draft(BytesIO):
        is_in_store = True

    body = bytes(web_intake.SPILLED_FROM + 100_000)
    amounts = []
    for kind in (BytesIO, Draft):
        incoming = web_intake.Incoming(bytearray(), lambda *_: len(body), lambda *_, kind=kind: kind())
        incoming.put(b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:-1])
        incoming.progress()
        amounts.append((incoming.spilled > 0, incoming.temporary > 0))
        incoming.close()

    assert amounts == [(True, True), (True, False)]


@pytest.mark.parametrize("arrived", [0, 2, 20, 30, 100])
def test_the_file_of_a_form_begins_with_the_content_of_its_first_part(arrived):
    start = b"--b\r\nContent-Disposition: x\r\n\r\n"
    content = bytes(web_intake.SPILLED_FROM)
    incoming, held = spilling(arrived, start + content)
    following = b"GET / HTTP/1.1\r\n\r\n"

    incoming.put((start + content)[arrived:])
    assert incoming.progress() is web_intake.Progress.WHOLE
    held += following

    body = incoming.spilled_body()
    assert (body.start, body.file.read()) == (start, content)
    assert incoming.take(20).startswith(b"POST /")
    incoming.hand_over_file()
    assert (incoming.take(100), incoming.is_cut, bytes(held)) == (b"", False, following)
    incoming.close()
    assert not body.file.closed
    body.file.close()


def in_chunks(head, sheet, size=700_000):
    """The same request with a chunked body."""
    chunked = head.replace(b"Content-Length: %d" % len(sheet), b"Transfer-Encoding: chunked")
    pieces = (sheet[begin : begin + size] for begin in range(0, len(sheet), size))
    return chunked, b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_long_sheet_in_chunks_is_never_held_in_memory(server, order):
    address, worker = server
    head, sheet, rows = order(72)
    head, sheet = in_chunks(head, sheet)
    before = peak_of(worker)

    with connected(address) as (client, file):
        client.sendall(head + sheet)
        status, body = answer_on(file)

    assert status == 200
    assert b'"not_found":%d' % rows in body.replace(b" ", b"")
    assert peak_of(worker) - before < 45


def test_a_long_sheet_in_chunks_that_ends_too_soon_writes_nothing(server, order, stored):
    address, _ = server
    head, sheet, _ = order(12)
    head, sheet = in_chunks(head, sheet)

    for missing in (5, 7, 300_000):
        with connected(address) as (client, file):
            client.sendall(head + sheet[:-missing])
            client.shutdown(socket.SHUT_WR)
            assert answer_on(file)[0] == 400
    assert stored(select(func.count()).select_from(Assignment)) == [0]


@pytest.mark.parametrize("at_once", [9_000, 65_536, 10_000_000])
def test_chunks_are_kept_in_a_file_from_their_limit_on(at_once):
    body = bytes(range(256)) * (web_intake.SPILLED_FROM // 256 + 4_000)
    head, chunks = in_chunks(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body), body, 99_999)
    sent, held = head + chunks, bytearray()
    incoming = web_intake.Incoming(held, lambda *_: 10 * web_intake.SPILLED_FROM, lambda *_: BytesIO())

    seen = set()
    for begin in range(0, len(sent), at_once):
        incoming.put(sent[begin : begin + at_once])
        seen.add(incoming.progress())
        if begin + at_once < len(sent):
            assert seen == {web_intake.Progress.UNFINISHED}
    assert web_intake.Progress.WHOLE in seen
    assert at_once == 10_000_000 or (len(held) == len(head) and incoming.spilled == len(chunks))
    assert incoming.spilled_body() is None
    assert b"".join(iter(lambda: incoming.take(100_000), b"")) == sent
    incoming.close()


SENDING = """
import socket, tempfile, time
from deploy import web_client
web_client.SECONDS_TO_READ = 1
ours, theirs = socket.socketpair()
client = web_client.Client(ours.detach())
client.settimeout(60)
with tempfile.TemporaryFile() as file, client, theirs:
    file.write(bytes(range(200)) * 50_000)
    assert client.sendfile(file, 10, 100) == 100
    assert theirs.recv(1_000) == bytes(range(10, 110))
    assert (file.tell(), client.gettimeout()) == (110, 60)
    began = time.monotonic()
    try:
        client.sendfile(file, 0, 10_000_000)
    except TimeoutError:
        assert 0.5 < time.monotonic() - began < 20
        assert 0 < file.tell() < 10_000_000
    else:
        raise SystemExit("It did not end.")
"""


def test_a_client_that_does_not_read_a_file_is_given_up(environment):
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", SENDING],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
