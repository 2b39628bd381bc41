"""A whole platform of a test's own: PostgreSQL, Redis, web server, worker and sweep, each of which can be killed.

PostgreSQL is durable here, as in production: it is stopped as a power failure would, and recovers from its log.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from http.client import HTTPConnection

from app.adapters import queue
from tests.chaos.test_long_storm import kill_with_horse
from tests.support.paths import ROOT
from tests.support.processes import is_healthy
from tests.support.servers import TEMPLATE, execute, migrations_version, prepare
from tests.support.waiting import until
from tools import ports, redis, service_user, throwaway
from tools.state import State, open_state

DATABASE = "chaos"
ROLES = ("web", "worker", "sweep")


class Platform:
    """Started by `with`; everything ends with the block."""

    def __init__(self, environment, app_of):
        self._environment, self._app_of = environment, app_of
        self._held = contextlib.ExitStack()
        self._processes = {}
        self._web = ("127.0.0.1", ports.pick(None))

    def __enter__(self):
        home = State(open_state().folder("test"))
        prepared = throwaway.prepared_cluster(home, f"tests-{migrations_version()}", prepare)
        run = self._held.enter_context(throwaway.own_run(home))
        self._held.callback(self._stop)
        data = run.path / "postgres" / prepared.data.name
        throwaway.copy_cluster(prepared.data, data)
        self._postgres = replace(
            prepared, data=data, options=throwaway.MANY_CONNECTIONS, port=ports.pick(None)
        )
        self._redis = redis.of(run, redis.NOT_DURABLE, programs_of=home)
        self._redis.port = ports.pick(None)
        self._start_server("postgres", self._postgres)
        self._start_server("redis", self._redis)
        execute(self._postgres.url("postgres"), f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}")
        url = self._postgres.url(DATABASE).replace("postgresql://", "postgresql+psycopg2://")
        self._environment |= {
            "DATABASE_URL": url,
            "REDIS_URL": self._redis.url(),
            "RUN_LEASE_SECONDS": "1",
        }
        self.app = self._app_of(url, self._redis.url())
        for role in ROLES:
            self._start(role)
        until(lambda: is_healthy(self._web), 300)
        return self

    def __exit__(self, *_):
        self._held.close()

    def kill(self, victim):
        """kill -9 of a process with all that it forked; a crash of PostgreSQL; an empty Redis. What died starts again."""
        if victim == "redis":
            with self.app.app_context():
                queue.connection().flushdb()
        elif victim == "postgres":
            server = self._processes["postgres"]
            server.send_signal(signal.SIGQUIT)
            server.wait()
            time.sleep(0.2)
            self._start_server("postgres", self._postgres)
        else:
            self._end(victim)
            self._start(victim)

    def post(self, path, body, token, **headers):
        """The answer of a POST, sent again until there is one: as a client does that has an idempotency key."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError):
                status, answer = self._post_once(path, body, token, headers)
                if status != 503 and "request_in_flight" not in answer:
                    return status, answer
            time.sleep(0.3)
        raise AssertionError(f"no answer to {path}")

    def _post_once(self, path, body, token, headers):
        connection = HTTPConnection(*self._web, timeout=30)
        with contextlib.closing(connection):
            connection.request(
                "POST", f"/api/v1{path}", body, {"Authorization": f"Bearer {token}", **headers}
            )
            response = connection.getresponse()
            return response.status, response.read().decode()

    def _start_server(self, name, server):
        program = server.program()
        self._processes[name] = subprocess.Popen(
            [str(part) for part in program.command],
            cwd="/",
            env=dict(program.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            **service_user.run_as(),
        )
        if program.stdin:
            self._processes[name].stdin.write(program.stdin.encode())
        self._processes[name].stdin.close()
        deadline = time.monotonic() + 60
        while not server.is_ready():
            assert time.monotonic() < deadline, f"{name} does not answer"
            time.sleep(0.05)

    def _start(self, role):
        command = {
            "web": (
                "-m",
                "gunicorn",
                "wsgi:app",
                "-w",
                "1",
                "--threads",
                "4",
                "--bind",
                ":".join(map(str, self._web)),
            ),
            "worker": ("-m", "flask", "--app", "wsgi", "worker", "--runs"),
            "sweep": ("-m", "flask", "--app", "wsgi", "sweep"),
        }[role]
        self._processes[role] = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self._environment, process_group=0
        )

    def _end(self, role):
        process = self._processes[role]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        kill_with_horse(process)

    def _stop(self):
        for role in self._processes:
            self._end(role)
