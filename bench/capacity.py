"""CPU of a request and of a mail, and the memory of each kind of process: what docs/capacity.md reckons with."""

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
from bench.contenders import HIGH, OURS, Contender
from bench.jobs import JOBS
from bench.requests import Asking
from bench.usage import Postgres, cpu_seconds
from bench.web import serving_as_image
from environment import config_from

SECONDS = 2.0
INVITED = 1_500


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
            posted = {**environment, "MAIL_TRANSPORT": "smtp", "MAIL_PORT": str(port)}
            mail.invite_everybody(INVITED)
            _measure_mails("in jobs of 100", posted, sink, postgres, INVITED)
            with serving_as_image(served) as web:
                ours = Contender(OURS, web.master, web.port)
                for job in JOBS.values():
                    asking = Asking(job, targets, client, postgres)
                    asking.take_turn(ours, SECONDS)  # to warm up
                    turn = asking.take_turn(ours, SECONDS)
                    print(f"  {job.name:<10}{turn.application:>8.0f} + {turn.database:.0f} us", flush=True)
                _report("gunicorn: master and workers", _memory_of(web.master))
                _report("PostgreSQL, a backend", _backends_of(postgres.pid))
            _measure_mails("each in a job of its own", posted, sink, postgres, 150)
            with Redis.from_url(environment["REDIS_URL"]) as redis:
                print(f"  Redis: {redis.info('memory')['used_memory'] / 2**20:.1f} MB used")
    return True


def _measure_mails(
    how: str, environment: Mapping[str, str], sink: mail.Sink, postgres: Postgres, most: int
) -> None:
    """The CPU of a mail that waits in the queue: of the worker, and of PostgreSQL."""
    with _running(environment, "worker") as worker, _running(environment, "sweep") as sweep:
        before = sink.taken
        sink.await_(lambda: sink.taken >= before + most // 5)
        start = time.monotonic(), cpu_seconds(worker), cpu_seconds(postgres.pid), sink.taken
        sink.await_(lambda: sink.taken >= before + most)
        end = time.monotonic(), cpu_seconds(worker), cpu_seconds(postgres.pid), sink.taken
        clock, own, server, sent = (late - early for early, late in zip(start, end, strict=True))
        print(
            f"  a mail, {how}: {1e6 * own / sent:.0f} + {1e6 * server / sent:.0f} us, {sent / clock:.0f} a second",
            flush=True,
        )
        _report("flask worker and its processes", _memory_of(worker))
        _report("flask sweep", _memory_of(sweep))


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
    found = [_pss(pid)]
    for child in children:
        with contextlib.suppress(OSError):  # the process of a job has just ended
            found.append(_pss(int(child)))
    return found


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
