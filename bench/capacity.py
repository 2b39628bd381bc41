"""Memory of each kind of process after some work, and the CPU of one mail: what docs/capacity.md reckons with."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from redis import Redis

from app import create_app
from app.db.session import db
from bench import jobs, load, mail, platform
from bench.contenders import HIGH
from bench.jobs import JOBS
from bench.usage import Postgres, cpu_seconds
from bench.web import serving_as_image
from environment import config_from

SECONDS = 2.0
INVITED, FIRST, LAST = 1_500, 200, 1_200
"""Mails, and those between which CPU is counted."""


def measure(_rounds: int) -> bool:
    """Print the figures; there is no goal."""
    with (
        platform.running() as environment,
        tempfile.TemporaryDirectory(prefix="rollcall-bench-") as media,
        mail.listening() as (sink, port),
    ):
        served = {**environment, **platform.production(media), **HIGH}
        config = config_from(served)
        app = create_app(config)
        with app.app_context(), db.engine.connect() as opened, load.client() as client:
            connection = opened.execution_options(isolation_level="AUTOCOMMIT")
            targets = jobs.fill(connection, config)
            postgres = Postgres(connection)
            with serving_as_image(served) as web:
                for name in ("list", "search", "detail", "mine", "stats"):
                    client.send(web.port, [JOBS[name].make(targets, 0)], SECONDS)
                _report("gunicorn: master and workers", _memory_of(web.master))
                _report("PostgreSQL, a backend", _backends_of(postgres.pid))
            posted = {**environment, "MAIL_TRANSPORT": "smtp", "MAIL_PORT": str(port)}
            with _running(posted, "worker") as worker, _running(posted, "sweep") as sweep:
                mail.invite_everybody(INVITED)
                sink.await_(lambda: sink.taken >= FIRST)
                start = time.monotonic(), cpu_seconds(worker), cpu_seconds(postgres.pid), sink.taken
                sink.await_(lambda: sink.taken >= LAST)
                end = time.monotonic(), cpu_seconds(worker), cpu_seconds(postgres.pid), sink.taken
                clock, own, server, sent = (late - early for early, late in zip(start, end, strict=True))
                print(
                    f"  a mail: {1e6 * own / sent:.0f} us of the worker, {1e6 * server / sent:.0f} of PostgreSQL;"
                    f" {sent / clock:.0f} a second",
                    flush=True,
                )
                _report("flask worker, and its process of a job", _memory_of(worker))
                _report("flask sweep", _memory_of(sweep))
            with Redis.from_url(environment["REDIS_URL"]) as redis:
                print(f"  Redis: {redis.info('memory')['used_memory'] / 2**20:.1f} MB used")
    return True


@contextlib.contextmanager
def _running(environment: Mapping[str, str], program: str) -> Iterator[int]:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", program]
    process = subprocess.Popen(command, cwd=platform.ROOT, env={**os.environ, **environment})
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _report(name: str, memory: list[float]) -> None:
    print(f"  {name}: {', '.join(f'{each:.0f}' for each in memory)} MB (PSS)", flush=True)


def _memory_of(pid: int) -> list[float]:
    """The proportional set size of a process and its children: shared pages count by the number of their users."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [_pss(pid), *map(_pss, map(int, children))]


def _backends_of(postmaster: int) -> list[float]:
    """Without the shared buffers, which a backend maps as well."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii").split()
    titles = {int(pid): Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8") for pid in children}
    return sorted(_pss(pid, "Pss_Anon") for pid, title in titles.items() if f" {platform.DATABASE} " in title)


def _pss(pid: int, name: str = "Pss") -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB", rollup, re.MULTILINE)
    if found is None:
        raise SystemExit(f"/proc has no {name}: the memory of a process is measured on Linux.")
    return int(found[1]) / 1024
