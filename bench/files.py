"""Uploads and downloads of long files over HTTP: the memory of the web process, and the cost beside the plainest way.

An upload is compared with `cat`, which receives the same request over HTTP and writes it to the same disk; both are done
when the file is on the disk. A range is compared with a WSGI application that does nothing but send it from the same file
with `sendfile`, under gunicorn's own worker, in CPU time of the web processes.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import text

from app import create_app
from app.db.session import db, transaction
from app.models import User
from app.services.auth import sessions
from bench import platform, usage, web
from environment import config_from
from tools import ports

MEGABYTES = 200
RANGE = 8 * 1024 * 1024
REQUESTS = 60
UPLOADS = 5
"""Of each way and round, in turn: a disk is fast and slow by turns."""

MOST_MEMORY_MB = 30.0
LEAST_RATE = 0.7
MOST_CPU = 1.3
_BOUNDARY = "------------------------974767299852498929531610"
"""As curl writes it."""

_PLAIN = """
import os
def app(environ, start_response):
    file = open(os.environ["BENCH_FILE"], "rb", buffering=0)
    begin, end = environ["HTTP_RANGE"].removeprefix("bytes=").split("-")
    file.seek(int(begin))
    length = int(end) - int(begin) + 1
    start_response("206 Partial Content", [("Content-Type", "video/mp4"), ("Content-Length", str(length))])
    return environ["wsgi.file_wrapper"](file, 65536)
"""


def measure(rounds: int) -> bool:
    """Whether memory, rate and CPU are within their goals."""
    with tempfile.TemporaryDirectory() as folder, platform.running() as servers:
        source = Path(folder) / "source"
        source.write_bytes(os.urandom(1024 * 1024) * MEGABYTES)
        environment = {**servers, "MEDIA_DIR": f"{folder}/media", "FILE_MAX_MB": "250", "TMPDIR": folder}
        environment |= {"USER_QUOTA_MB": "1000000", "COURSE_QUOTA_MB": "1000000"}
        with create_app(config_from(environment)).app_context():
            platform.fill(1)
            lesson_id, token = _lesson_and_token()
        passed = True
        for name, worker_class, goal in (
            ("deploy.web_worker", web.OURS, LEAST_RATE),
            ("gthread", web.GUNICORNS_OWN, 0.0),
        ):
            with web.serving(environment, token, worker_class=worker_class) as served:
                passed &= _are_uploads_good(
                    name, served, lesson_id, source, least_rate=goal, rounds=min(rounds, 3)
                )
                if worker_class == web.OURS:
                    passed &= _are_ranges_good(
                        served, source, _upload(served, lesson_id, source), min(rounds, 5)
                    )
        return passed


def _are_uploads_good(
    name: str, served: web.Web, lesson_id: str, source: Path, *, least_rate: float, rounds: int
) -> bool:
    media = source.with_name("media")
    _upload(served, lesson_id, source)
    _remove_uploads(media)
    growths, ours, plain, copies = [], [], [], []
    for _ in range(rounds * UPLOADS):
        copies.append(_seconds_of(lambda: _cat_of_a_file(source)))
        source.with_name("copy").unlink()
        plain.append(_seconds_of(lambda: _cat_over_http(source)))
        source.with_name("copy").unlink()
        before = served.resident_mb()
        served.reset_peak()
        ours.append(_seconds_of(lambda: _upload(served, lesson_id, source)))
        growths.append(served.peak_mb() - before)
        _remove_uploads(media)
    rate, growth = statistics.median(plain) / statistics.median(ours), max(growths)
    print(
        f"  {name}: upload of {MEGABYTES} MB in {statistics.median(ours):.2f} s, {growth:.0f} MB more memory at most"
        f" (goal: below {MOST_MEMORY_MB:.0f})"
    )
    goal = f" (goal: at least {least_rate})" if least_rate else ""
    print(
        f"  {name}: {rate:.2f} of the rate of cat over HTTP, {statistics.median(plain):.2f} s{goal};"
        f" cat of a file {statistics.median(copies):.2f} s",
        flush=True,
    )
    return growth < MOST_MEMORY_MB and rate >= least_rate


def _are_ranges_good(served: web.Web, source: Path, url: str, rounds: int) -> bool:
    ratios = []
    (kept,) = (source.parent / "media" / "files").glob("*/*")
    with _plain_server(kept) as plainest:
        for _ in range(rounds):
            ours = _cpu_of_ranges(served.master, served.port, url)
            plain = _cpu_of_ranges(*plainest, "/")
            ratios.append(ours / plain)
    ratio = statistics.median(ratios)
    print(
        f"  range of {RANGE >> 20} MB: {ratio:.2f} times the CPU of plain sendfile (goal: at most {MOST_CPU})",
        flush=True,
    )
    return ratio <= MOST_CPU


def _lesson_and_token() -> tuple[str, str]:
    course_id = platform.make_course()
    with transaction():
        section = db.session.scalar(
            text("INSERT INTO sections (course_id, title, position) VALUES (:course, 'A', 1) RETURNING id"),
            {"course": course_id},
        )
        lesson = db.session.scalar(
            text(
                "INSERT INTO lessons (course_id, section_id, title, type, position)"
                " VALUES (:course, :section, 'A', 'VIDEO', 1) RETURNING id"
            ),
            {"course": course_id, "section": section},
        )
        admin = db.session.query(User).filter_by(role="ADMIN").one()
        return str(lesson), sessions.open_session(admin).access


def _upload(served: web.Web, lesson_id: str, source: Path) -> str:
    """The link to the content of the file."""
    answer = _post(served.port, f"/api/v1/lessons/{lesson_id}/files", served.token, source)
    url = urlsplit(answer.partition('"url":"')[2].partition('"')[0])
    return f"{url.path}?{url.query}"


def _post(port: int, path: str, token: str, source: Path) -> str:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'.encode()
    tail = f"\r\n--{_BOUNDARY}--\r\n".encode()
    length = len(head) + source.stat().st_size + len(tail)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=600)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("Authorization", f"Bearer {token}")
        connection.putheader("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}")
        connection.putheader("Content-Length", str(length))
        connection.endheaders(head)
        with source.open("rb") as file:
            connection.sock.sendfile(file)
        connection.send(tail)
        connection.sock.shutdown(socket.SHUT_WR)
        response = connection.getresponse()
        answer = response.read().decode()
    if response.status != 201:
        raise SystemExit(f"An upload answered {response.status}: {answer[:500]}")
    return answer


def _remove_uploads(media: Path) -> None:
    """A disk that fills, and files that wait to be written, would count against what is measured next."""
    for kept in (media / "files").glob("*/*"):
        kept.unlink()


def _seconds_of(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _cat_of_a_file(source: Path) -> None:
    copy = source.with_name("copy")
    subprocess.run(["sh", "-c", f"cat '{source}' > '{copy}' && sync '{copy}'"], check=True)


def _cat_over_http(source: Path) -> None:
    """What follows the head of the request is written by `cat`, until the client has sent all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        receiver = threading.Thread(target=_receive_with_cat, args=(listener, source))
        receiver.start()
        _post(listener.getsockname()[1], "/", "", source)
        receiver.join()


def _receive_with_cat(listener: socket.socket, source: Path) -> None:
    connection, _ = listener.accept()
    with connection:
        copy = source.with_name("copy")
        subprocess.run(["sh", "-c", f"cat > '{copy}' && sync '{copy}'"], stdin=connection, check=True)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")


@contextlib.contextmanager
def _plain_server(source: Path) -> Iterator[tuple[int, int]]:
    port = ports.pick(None)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plain.py").write_text(_PLAIN, encoding="utf-8")
        command = [sys.executable, "-m", "gunicorn", "plain:app", "--bind", f"127.0.0.1:{port}"]
        options = ["--config", "/dev/null", "--pythonpath", folder, "--no-control-socket"]
        options += ["--worker-class", "gthread", "--workers", "1", "--threads", "4", "--log-level", "error"]
        with web.started([*command, *options], port, {"BENCH_FILE": str(source)}) as master:
            yield master, port


def _cpu_of_ranges(master: int, port: int, path: str) -> float:
    """Seconds of the web process for a number of requests on one connection."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        before = usage.cpu_seconds(master)
        for number in range(REQUESTS):
            begin = number % 20 * RANGE
            connection.request("GET", path, headers={"Range": f"bytes={begin}-{begin + RANGE - 1}"})
            response = connection.getresponse()
            if response.status != 206 or len(response.read()) != RANGE:
                raise SystemExit(f"A range answered {response.status}.")
        return usage.cpu_seconds(master) - before
