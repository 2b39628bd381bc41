"""How long a password reset takes to the mail server, idle and behind a hundred thousand other mails.

Web server, both workers and the sweep are the ones that are deployed; the mail server is a real one that takes every
mail and notes when it came. Each reset is for another person.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP
from sqlalchemy import select, text

from app import create_app
from app.db.session import db, transaction
from app.enums import NoticeKind
from app.models.user import User
from app.services.messaging import account_notices
from bench import platform
from bench.web import Web, serving
from environment import config_from

WAITING = 100_000
RESETS = 20
MOST_SECONDS = 2.0
PROGRAMS = (("worker",), ("worker", "--urgent"), ("sweep",))
ADDRESS = "waiting{}@example.org"


class Sink:
    """Takes every mail, and records when it took the urgent ones."""

    def __init__(self) -> None:
        self.taken = 0
        self.came_at: dict[str, float] = {}

    async def take(self, _server: object, _session: object, envelope: Any) -> str:
        self.taken += 1
        for address in envelope.rcpt_tos:
            if address.startswith("waiting"):
                self.came_at[address] = time.monotonic()
        return "250 OK"

    def await_(self, is_so: Callable[[], bool], seconds: float = 600.0) -> None:
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end:
                raise SystemExit("The mail did not come.")
            time.sleep(0.002)


# The name that aiosmtpd looks for.
Sink.handle_DATA = Sink.take  # type: ignore[attr-defined]


def measure(_rounds: int) -> bool:
    """Print what was measured; return whether the goal was met."""
    with platform.running() as environment, listening() as (sink, port):
        settings = {**environment, "MAIL_TRANSPORT": "smtp", "MAIL_PORT": str(port)}
        app = create_app(config_from(settings))
        with app.app_context():
            platform.fill(WAITING)
            _make_people_who_wait()
        with _working(settings), serving(settings, "") as web:
            # To warm up: each program has done its first of everything.
            _reset(web, sink, ADDRESS.format(0))
            idle = [_reset(web, sink, ADDRESS.format(n)) for n in range(1, RESETS + 1)]
            with app.app_context():
                invite_everybody()
            before = sink.taken
            sink.await_(lambda: sink.taken > before)
            behind = [_reset(web, sink, ADDRESS.format(RESETS + n)) for n in range(1, RESETS + 1)]
            with app.app_context():
                left = db.session.scalar(text("SELECT count(*) FROM notices WHERE state = 'QUEUED'"))
    for name, seconds in (("idle", idle), (f"{left:,} mails still behind it", behind)):
        print(
            f"  {name}: median {_median(seconds):.3f} s, slowest {max(seconds):.3f} s, n = {len(seconds)}",
            flush=True,
        )
    passes = max(behind) < MOST_SECONDS and left > WAITING // 2
    print(
        f"  goal: each within {MOST_SECONDS:.0f} s behind {WAITING:,} {'pass' if passes else 'FAIL'}",
        flush=True,
    )
    return passes


def _make_people_who_wait() -> None:
    with transaction():
        db.session.execute(
            text(
                "INSERT INTO users (email, username, email_verified)"
                " SELECT 'waiting' || n || '@example.org', 'waiting' || n, true FROM generate_series(0, :last) AS n"
            ),
            {"last": 2 * RESETS},
        )


def invite_everybody(most: int = WAITING) -> None:
    with transaction():
        recipients = db.session.scalars(select(User.id).where(User.email.like("person%")).limit(most)).all()
        account_notices.notify(NoticeKind.SET_PASSWORD, recipients)


def _reset(web: Web, sink: Sink, address: str) -> float:
    """From the request to the moment when the mail server has the mail."""
    began = time.monotonic()
    web.post("/auth/forgot-password", {"email": address})
    sink.await_(lambda: address in sink.came_at)
    time.sleep(0.3)
    return sink.came_at[address] - began


def _median(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) // 2]


@contextlib.contextmanager
def _working(environment: Mapping[str, str]) -> Iterator[None]:
    with contextlib.ExitStack() as ended:
        for program in PROGRAMS:
            command = [sys.executable, "-m", "flask", "--app", "wsgi", *program]
            process = subprocess.Popen(command, cwd=platform.ROOT, env={**os.environ, **environment})
            ended.callback(process.wait)
            ended.callback(process.terminate)
        yield


@contextlib.contextmanager
def listening() -> Iterator[tuple[Sink, int]]:
    sink, loop = Sink(), asyncio.new_event_loop()
    serving_mail = threading.Thread(target=loop.run_forever)
    serving_mail.start()
    factory = partial(SMTP, sink, hostname="sink.bench", loop=loop)
    server = asyncio.run_coroutine_threadsafe(loop.create_server(factory, "127.0.0.1", 0), loop).result()
    try:
        yield sink, server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        serving_mail.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    busy = asyncio.all_tasks() - {asyncio.current_task()}
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
