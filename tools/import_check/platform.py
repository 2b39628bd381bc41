"""A platform with the small demo in it, as fresh for each check as `make run` makes it once."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import psycopg2

from app.web.openapi.examples.requests import PASSWORD
from tools import ports, throwaway
from tools.run import FLASK, RAISED
from tools.state import ROOT

READY_SECONDS = 60
TEMPLATE, DATABASE = "rollcall_demo", "rollcall_import_check"


@dataclass(frozen=True)
class Platform:
    """Servers with a loaded demo, of which every check gets a copy."""

    environment: Mapping[str, str]
    maintenance: str

    @contextlib.contextmanager
    def serving(self, *, sends_mail: bool = False) -> Iterator[str]:
        """The address of an API on a fresh copy of the demo, with a worker where mail is to be sent."""
        self._execute(
            f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}"
        )
        port = ports.pick(None)
        url = f"http://127.0.0.1:{port}"
        environment = {
            **self.environment,
            "DATABASE_URL": self.environment["DATABASE_URL"].replace(TEMPLATE, DATABASE),
            "PUBLIC_URL": url,
        }
        command = [
            *(sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}"),
            *("--workers", "1", "--threads", "4", "--no-control-socket", "--log-level", "error"),
        ]
        worker = _worker(environment) if sends_mail else contextlib.nullcontext()
        with worker, subprocess.Popen(command, cwd=ROOT, env=environment) as web:
            try:
                _await(f"{url}/healthz", web)
                yield url
            finally:
                web.terminate()

    def _execute(self, *statements: str) -> None:
        connection = psycopg2.connect(self.maintenance)
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Platform]:
    with throwaway.running_servers("import-check", lambda _cluster: None) as servers:
        servers.postgres.make_database(TEMPLATE)
        environment = {
            **os.environ,
            "APP_ENV": "development",
            "DATABASE_URL": servers.postgres.url(TEMPLATE),
            "REDIS_URL": servers.redis.url(),
            "MAIL_TRANSPORT": "file",
            "MAIL_FILE_DIR": str(folder / "mail"),
            "MEDIA_DIR": str(folder / "media"),
            "LOG_LEVEL": "ERROR",
            **dict.fromkeys(map("RATELIMIT_{}".format, RAISED), "1000/minute"),
        }
        for arguments in (("db", "upgrade"), ("demo", "load", "--size", "small")):
            subprocess.run([*FLASK, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)
        yield Platform(environment, servers.postgres.url("postgres"))


def read(url: str, body: Mapping[str, str] | None = None) -> bytes:
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
        return content


def token_of_admin(url: str) -> str:
    login = {"email": "admin@example.org", "password": PASSWORD}
    return str(json.loads(read(f"{url}/api/v1/auth/login", login))["data"]["tokens"]["access"])


@contextlib.contextmanager
def _worker(environment: Mapping[str, str]) -> Iterator[None]:
    command = [*FLASK, "worker", "--urgent"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as worker:
        try:
            yield
        finally:
            worker.terminate()


def _await(url: str, web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and web.poll() is None:
        with contextlib.suppress(URLError, OSError):
            read(url)
            return
        time.sleep(0.2)
    raise SystemExit("The platform does not answer.")
