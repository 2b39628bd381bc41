"""Latency of other requests during a flood of logins, and while Redis does not respond.

The web process is started by the image's own command behind a proxy that is believed, with the throttling of production.
Each request is sent at its time, however long those before it take, and waits from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import multiprocessing
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from flask import Flask
from redis import Redis
from sqlalchemy import select, text

from app import create_app
from app.adapters import passwords
from app.db.session import db, transaction
from app.models.user import User
from app.services.auth import sessions
from bench import platform, usage
from bench.web import ImageServer, serving_as_image
from environment import config_from

OPEN_SESAME = "Analytical-Engine-1843"
PEOPLE, READERS, COURSES = 200, 40, 40
SECONDS = 60
LOGINS_A_SECOND, OTHERS_A_SECOND = 200, 20
OTHERS = ("/courses", "/auth/me")
RIGHT_LOGINS = 100
REQUESTS_WITHOUT_REDIS, AT_ONCE_WITHOUT_REDIS = 400, 4

MOST_SLOWER = 2.0
MOST_CPU_MS = 30.0
MOST_SECONDS_WITHOUT_REDIS = 0.3


class Answer(NamedTuple):
    path: str
    status: int
    seconds: float


class Request(NamedTuple):
    path: str
    raw: bytes


def measure(_rounds: int) -> bool:
    """Print what was measured; return whether every goal was met."""
    with platform.running() as environment, tempfile.TemporaryDirectory(prefix="rollcall-bench-") as media:
        settings = {**environment, **platform.production(media)}
        tokens = _fill(create_app(config_from(settings)))
        with serving_as_image(settings) as web:
            _send_all(web, _reads(tokens, 100), OTHERS_A_SECOND)  # to warm up
            met = [_cost_of_login(web), _flood(web, tokens), _silence(web, tokens, settings["REDIS_URL"])]
    return all(met)


def _fill(app: Flask) -> list[str]:
    """People with passwords, courses to read, and the access tokens of those who read them."""
    with app.app_context():
        platform.fill(PEOPLE)
        for _ in range(COURSES):
            platform.make_course()
        with transaction():
            stored = passwords.hash_of(OPEN_SESAME)
            db.session.execute(text("UPDATE users SET password_hash = :stored"), {"stored": stored})
            readers = db.session.scalars(select(User).order_by(User.id).limit(READERS)).all()
            return [sessions.open_session(reader).access for reader in readers]


def _cost_of_login(web: ImageServer) -> bool:
    """Of right ones, with all that comes before and after the hash."""
    logins = [_login(f"person{n + 3}@example.org", OPEN_SESAME, n) for n in range(RIGHT_LOGINS)]
    _send_all(web, logins[: RIGHT_LOGINS // 5], 10)  # to warm up
    before = usage.cpu_seconds(web.master)
    answers = _send_all(web, logins, 10)
    cost = (usage.cpu_seconds(web.master) - before) / len(answers) * 1_000
    return _report(
        f"a login costs {cost:.1f} CPU-ms of the web process, n = {RIGHT_LOGINS}, {_statuses(answers)}",
        f"<= {MOST_CPU_MS:.0f}, all 200",
        passes=cost <= MOST_CPU_MS and _are_good(answers),
    )


def _flood(web: ImageServer, tokens: Sequence[str]) -> bool:
    """The same reading without and with wrong logins beside it."""
    reads = _reads(tokens, OTHERS_A_SECOND * SECONDS)
    quiet = _send_all(web, reads, OTHERS_A_SECOND)
    wrong = [
        _login(f"person{n % (2 * PEOPLE)}@example.org", "wrong", n) for n in range(LOGINS_A_SECOND * SECONDS)
    ]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as attacker:
        attack = attacker.submit(_send_all, web, wrong, LOGINS_A_SECOND)
        flooded = _send_all(web, reads, OTHERS_A_SECOND)
        refused = attack.result()
    print(f"  {len(wrong):,} wrong logins in {SECONDS} s: {_statuses(refused)}", flush=True)
    met = [_are_good(quiet) and _are_good(flooded)]
    for path in OTHERS:
        before, beside = (_p95([a for a in answers if a.path == path]) for answers in (quiet, flooded))
        ratio = beside / before
        met.append(
            _report(
                f"GET {path}: p95 {before * 1e3:.1f} ms, in the flood {beside * 1e3:.1f} ms, {ratio:.2f} x",
                f"< {MOST_SLOWER:.0f} x",
                passes=ratio < MOST_SLOWER,
            )
        )
    return all(met)


def _silence(web: ImageServer, tokens: Sequence[str], redis_url: str) -> bool:
    """The server is stopped as by SIGSTOP: it holds its connections, takes new ones, and says nothing."""
    reads = _reads(tokens, REQUESTS_WITHOUT_REDIS)
    before = _quantile(_send_in_turns(web, reads), 0.99)
    with _stopped(redis_url):
        answers = _send_in_turns(web, reads)
    slower = _quantile(answers, 0.99) - before
    slowest = max(answer.seconds for answer in answers)
    return _report(
        f"{len(reads)} requests while Redis is stopped: p99 {before * 1e3:.0f} ms before, "
        f"{slower * 1e3:+.0f} ms, the slowest {slowest * 1e3:.0f} ms, {_statuses(answers)}",
        f"< +{MOST_SECONDS_WITHOUT_REDIS * 1e3:.0f} ms, all 200",
        passes=slower < MOST_SECONDS_WITHOUT_REDIS and _are_good(answers),
    )


@contextlib.contextmanager
def _stopped(redis_url: str) -> Iterator[None]:
    with contextlib.closing(Redis.from_url(redis_url)) as server:
        process = int(server.info("server")["process_id"])
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def _reads(tokens: Sequence[str], amount: int) -> list[Request]:
    """Both routes in turns, by all users in turns."""
    return [
        _request(
            "GET",
            OTHERS[n % 2],
            f"198.51.100.{n % 250}",
            f"Authorization: Bearer {tokens[n // 2 % len(tokens)]}",
        )
        for n in range(amount)
    ]


def _login(email: str, password: str, number: int) -> Request:
    body = json.dumps({"email": email, "password": password})
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return _request("POST", "/auth/login", address, "Content-Type: application/json", body)


def _request(method: str, path: str, address: str, header: str, body: str = "") -> Request:
    lines = [
        f"{method} /api/v1{path} HTTP/1.1",
        "Host: rollcall.example.org",
        f"X-Forwarded-For: {address}",
        "X-Forwarded-Proto: https",
        "Connection: close",
        f"Content-Length: {len(body)}",
        header,
    ]
    return Request(path, "\r\n".join((*lines, "", body)).encode())


def _send_all(web: ImageServer, requests: Sequence[Request], per_second: float) -> list[Answer]:
    """Each at its time, whatever has become of those before it."""

    async def send_at(number: int, request: Request, start: float) -> Answer:
        due = start + number / per_second
        await asyncio.sleep(due - time.monotonic())
        status = await _exchange(web.port, request.raw)
        return Answer(request.path, status, time.monotonic() - due)

    async def send() -> list[Answer]:
        start = time.monotonic() + 0.5
        return await asyncio.gather(
            *(send_at(number, request, start) for number, request in enumerate(requests))
        )

    return asyncio.run(send())


def _send_in_turns(web: ImageServer, requests: Sequence[Request]) -> list[Answer]:
    """A few at once, the next as soon as one is answered."""
    answers: list[Answer] = []

    async def send(waiting: Iterator[Request]) -> None:
        for request in waiting:
            start = time.monotonic()
            status = await _exchange(web.port, request.raw)
            answers.append(Answer(request.path, status, time.monotonic() - start))

    async def send_side_by_side() -> None:
        waiting = iter(requests)
        await asyncio.gather(*(send(waiting) for _ in range(AT_ONCE_WITHOUT_REDIS)))

    asyncio.run(send_side_by_side())
    return answers


async def _exchange(port: int, raw: bytes) -> int:
    """The status of the response; 0 where there was none."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        answer = await reader.read()
        writer.close()
    except OSError:
        return 0
    return int(answer[9:12] or 0)


def _p95(answers: Iterable[Answer]) -> float:
    return _quantile(answers, 0.95)


def _quantile(answers: Iterable[Answer], share: float) -> float:
    took = sorted(answer.seconds for answer in answers)
    return took[math.ceil(share * len(took)) - 1]


def _are_good(answers: Iterable[Answer]) -> bool:
    return {answer.status for answer in answers} == {200}


def _statuses(answers: Iterable[Answer]) -> str:
    counted = Counter(answer.status for answer in answers)
    return ", ".join(f"{amount:,} x {status}" for status, amount in sorted(counted.items()))


def _report(what: str, goal: str, *, passes: bool) -> bool:
    print(f"  {what} (goal {goal}) {'pass' if passes else 'FAIL'}", flush=True)
    return passes
