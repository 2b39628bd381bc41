"""Uploads and downloads of long files over HTTP: the memory of the web process, and the cost beside the plainest way.

An upload is compared with `cat` of the same bytes to the same disk, both until the file is on the disk; a range with a WSGI
application that does nothing but send it with `sendfile`, on the same web server, in CPU time of the web process.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import text

from app import create_app
from app.db.session import db, transaction
from app.models import User
from app.services.auth import sessions
from bench import platform, web
from environment import config_from
from tools import ports

MEGABYTES = 200
RANGE = 8 * 1024 * 1024
REQUESTS = 30
MOST_MEMORY_MB = 30.0
LEAST_RATE = 0.7
MOST_CPU = 1.3
_TICKS = os.sysconf("SC_CLK_TCK")
_BOUNDARY = "bench"
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
        with create_app(config_from(environment)).app_context():
            platform.fill(1)
            lesson_id, token = _lesson_and_token()
        with web.serving(environment, token) as served:
            _upload(served, lesson_id, source)
            url = _upload(served, lesson_id, source)
            return _measured(served, lesson_id, source, url, min(rounds, 5))


def _measured(served: web.Web, lesson_id: str, source: Path, url: str, rounds: int) -> bool:
    rates, growths = [], []
    for _ in range(rounds):
        plain = _seconds_of_cat(source)
        before = served.resident_mb()
        served.reset_peak()
        began = time.perf_counter()
        _upload(served, lesson_id, source)
        rates.append(plain / (time.perf_counter() - began))
        growths.append(served.peak_mb() - before)
    ratios = []
    with _plain_server(source) as plainest:
        for _ in range(rounds):
            ours = _cpu_of_ranges(served.master, served.port, url)
            plain = _cpu_of_ranges(*plainest, "/")
            ratios.append(ours / plain)
    rate, growth, ratio = statistics.median(rates), max(growths), statistics.median(ratios)
    print(
        f"  upload of {MEGABYTES} MB: {growth:.0f} MB more memory at most (goal: below {MOST_MEMORY_MB:.0f})"
    )
    print(f"  upload of {MEGABYTES} MB: {rate:.2f} of the rate of cat and sync (goal: at least {LEAST_RATE})")
    print(
        f"  range of {RANGE >> 20} MB: {ratio:.2f} times the CPU of plain sendfile (goal: at most {MOST_CPU})"
    )
    return growth < MOST_MEMORY_MB and rate >= LEAST_RATE and ratio <= MOST_CPU


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
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'.encode()
    tail = f"\r\n--{_BOUNDARY}--\r\n".encode()
    length = len(head) + source.stat().st_size + len(tail)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=600)) as connection:
        connection.putrequest("POST", f"/api/v1/lessons/{lesson_id}/files")
        connection.putheader("Authorization", f"Bearer {served.token}")
        connection.putheader("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}")
        connection.putheader("Content-Length", str(length))
        connection.endheaders(head)
        with source.open("rb") as file:
            connection.sock.sendfile(file)
        connection.send(tail)
        response = connection.getresponse()
        answer = response.read()
    if response.status != 201:
        raise SystemExit(f"An upload answered {response.status}: {answer[:500].decode()}")
    url = urlsplit(answer.decode().partition('"url":"')[2].partition('"')[0])
    return f"{url.path}?{url.query}"


def _seconds_of_cat(source: Path) -> float:
    target = source.with_name("copy")
    began = time.perf_counter()
    subprocess.run(["sh", "-c", f"cat '{source}' > '{target}' && sync '{target}'"], check=True)
    took = time.perf_counter() - began
    target.unlink()
    return took


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
    worker = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()[0]
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        before = _cpu_of(worker)
        for number in range(REQUESTS):
            begin = number % 20 * RANGE
            connection.request("GET", path, headers={"Range": f"bytes={begin}-{begin + RANGE - 1}"})
            response = connection.getresponse()
            if response.status != 206 or len(response.read()) != RANGE:
                raise SystemExit(f"A range answered {response.status}.")
        return _cpu_of(worker) - before


def _cpu_of(process: str) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
