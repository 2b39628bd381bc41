"""Slow clients (slowloris): their effect on other requests, with and without the proxy in front.

A third of them register with a body of a megabyte, a third send as much with a token, both at 10.5 kB a second; the rest
never end the head of their request. Each connects again when it is cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from app import create_app
from app.db.session import db, transaction
from app.models.user import User
from app.services.auth import sessions
from bench import platform
from bench.web import started
from config import Config
from environment import config_from
from tools import nginx, ports

CROWDS = (0, 16, 500)
BYTES_A_SECOND = 10_500
PIECE_SECONDS = 0.5
LONG = 1_000_000
PAUSE_SECONDS = 1.0
START_SECONDS, SETTLE_SECONDS = 60.0, 5.0

PROBES = 40
PROBE_SECONDS = 5.0
"""How long a response is waited for."""

MOST_SECONDS = 60.0
"""For all requests beside one crowd; the rest is not sent."""

PATHS = ("/healthz", "/api/v1/courses")
MOST_P95_SECONDS = 1.0


class Answer(NamedTuple):
    path: str
    status: int
    seconds: float


def measure(_rounds: int) -> bool:
    """Print what was measured; return whether every goal was met."""
    with platform.running() as environment, tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        token = _fill(config_from(environment))
        port = ports.pick(None)
        command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}"]
        sizes = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4", "TRUSTED_PROXIES": "1", "LOG_LEVEL": "ERROR"}
        print("  2 processes of 4 threads", flush=True)
        with started(command, port, environment | sizes, stderr=subprocess.DEVNULL):
            asyncio.run(_warm_up(port))
            met = [_with_crowd("without a proxy", port, token, size) for size in CROWDS]
            if nginx.program() is None:
                print("  nginx is not installed: not measured behind it", flush=True)
                return all(met)
            with nginx.running(Path(folder), port) as front:
                met += [_with_crowd("behind nginx", front, token, size) for size in CROWDS]
    return all(met)


def _fill(config: Config) -> str:
    """Courses to read, and the token of a user who may send a long body."""
    with create_app(config).app_context():
        platform.fill(10)
        for _ in range(20):
            platform.make_course()
        with transaction():
            admin = db.session.scalars(select(User).where(User.username == "person1")).one()
            return sessions.open_session(admin).access


def _with_crowd(where: str, port: int, token: str, size: int) -> bool:
    with _crowd(port, token, size):
        answers = asyncio.run(_probe(port))
    met = [_report(where, size, path, [each for each in answers if each.path == path]) for path in PATHS]
    return all(met)


@contextlib.contextmanager
def _crowd(port: int, token: str, size: int) -> Iterator[None]:
    """Slow clients in a process of their own, so that only the server can make the measuring one wait."""
    spawn = multiprocessing.get_context("spawn")
    ready, stop = spawn.Event(), spawn.Event()
    process = spawn.Process(target=_send_slowly, args=(port, token, size, ready, stop), daemon=True)
    process.start()
    try:
        if not ready.wait(START_SECONDS):
            raise SystemExit("The slow clients did not start.")
        time.sleep(SETTLE_SECONDS)
        yield
    finally:
        stop.set()
        process.join(timeout=30)
        process.kill()


def _send_slowly(port: int, token: str, size: int, ready: Event, stop: Event) -> None:
    heads = [
        f"POST /api/v1/auth/register HTTP/1.1\r\nContent-Length: {LONG}\r\n",
        f"POST /api/v1/courses HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: {LONG}\r\n",
        "",
    ]

    async def send_all() -> None:
        tasks = [asyncio.create_task(_client(port, heads[number % len(heads)])) for number in range(size)]
        ready.set()
        await asyncio.to_thread(stop.wait)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(send_all())


async def _client(port: int, head: str) -> None:
    """One of them, for ever."""
    piece = b" " * int(BYTES_A_SECOND * PIECE_SECONDS) if head else b"X"
    start = f"{head}Host: localhost\r\nContent-Type: application/json\r\n\r\n" if head else "GET /healthz HT"
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(start.encode())
            sent = 0
            while sent < LONG and not reader.at_eof():
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(65_536), PIECE_SECONDS)
            writer.close()
        await asyncio.sleep(PAUSE_SECONDS)


async def _warm_up(port: int) -> None:
    """Until both processes have loaded the application."""
    for _ in range(20):
        for path in PATHS:
            with contextlib.suppress(OSError):
                await _get(port, path)


async def _probe(port: int) -> list[Answer]:
    """One request after the other, each on a connection of its own."""
    answers: list[Answer] = []
    deadline = time.monotonic() + MOST_SECONDS
    for number in range(PROBES):
        if time.monotonic() > deadline:
            break
        path = PATHS[number % len(PATHS)]
        start = time.monotonic()
        try:
            status = await asyncio.wait_for(_get(port, path), PROBE_SECONDS)
        except (TimeoutError, OSError):
            status = 0
        answers.append(Answer(path, status, time.monotonic() - start))
        await asyncio.sleep(0.1)
    return answers


async def _get(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return int(answer[9:12] or 0)


def _report(where: str, size: int, path: str, answers: Sequence[Answer]) -> bool:
    took = sorted(answer.seconds for answer in answers)
    failed = sum(answer.status != 200 for answer in answers)
    p95 = took[int(0.95 * len(took)) - 1]
    passes = failed == 0 and p95 <= MOST_P95_SECONDS
    print(
        f"  {where}, {size} slow clients, GET {path}: median {took[len(took) // 2] * 1e3:.1f} ms, "
        f"p95 {p95 * 1e3:.1f} ms, the slowest {took[-1] * 1e3:.1f} ms, {failed} of {len(took)} failed "
        f"(goal p95 <= {MOST_P95_SECONDS:.0f} s, none failed) {'pass' if passes else 'FAIL'}",
        flush=True,
    )
    return passes
