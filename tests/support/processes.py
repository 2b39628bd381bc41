"""Real processes of the platform, started by a test and always stopped after it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection

import pytest

from app.jobs import workers
from tests.support.paths import ROOT
from tests.support.waiting import until


@pytest.fixture
def environment(config, sink):
    """The environment of a process that works on the servers of this test."""
    return os.environ | {
        "DATABASE_URL": config.database_url,
        "REDIS_URL": config.redis_url,
        "APP_ENV": "test",
        "SECRET_KEY": config.secret_key,
        "JWT_SECRET_KEY": config.jwt_secret_key,
        "MAIL_TRANSPORT": "smtp",
        "MAIL_PORT": str(sink.port),
        "MAIL_TIMEOUT_SECONDS": "3",
        "NOTICE_LEASE_SECONDS": "6",
        "NOTICE_RETRY_SECONDS": "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
        "NOTICE_NUDGE_SECONDS": "2",
        "SWEEP_INTERVAL_SECONDS": "0.2",
        "LOG_LEVEL": "WARNING",
        "RATELIMIT_ENABLED": "off",
        "MEDIA_DIR": config.media_dir,
    }


@pytest.fixture
def listening(app):
    """A worker listens to every queue, and takes no job. Call it after Redis was emptied: so does the next heartbeat."""
    with app.app_context():
        worker = workers.build_worker()
    worker.heartbeat()
    yield worker.heartbeat
    worker.connection.close()


@pytest.fixture
def start(environment):
    """Start a Python program of ours in a process group of its own."""
    started = []

    def run(*arguments, says=None, log=None):
        """With `says`, return once the process has logged that text; with `log`, write its log to that file."""
        with contextlib.ExitStack() as opened:
            kept = opened.enter_context(log.open("wb")) if log else None
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=environment,
                process_group=0,
                stderr=subprocess.PIPE if says else kept,
            )
        started.append(process)
        if says:
            is_logged = any(says.encode() in line for line in process.stderr)
            assert is_logged, f"the process never logged {says!r}"
        return process

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr:
            process.stderr.close()


@pytest.fixture
def web(start):
    """The address of gunicorn as it is deployed, with one worker of four threads."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = probe.getsockname()
    start(
        *("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{address[1]}"),
        *("-w", "1", "--threads", "4"),
        says="Booting worker",
    )
    await_answer(address)
    return address


def await_answer(address):
    until(lambda: is_healthy(address), 60)


def is_healthy(address):
    connection = HTTPConnection(*address, timeout=10)
    with contextlib.suppress(OSError), contextlib.closing(connection):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    return False
