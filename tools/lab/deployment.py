"""The whole deployment: databases, Redis, poolers, two nodes and the load balancer, from the files of `deploy/`."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tools import deployed, haproxy, pgbouncer, ports, service_user
from tools.lab import network
from tools.lab.databases import DATABASE, Databases
from tools.lab.programs import NotReadyError, Program, await_that
from tools.lab.stores import Stores
from tools.postgres import USER
from tools.state import ROOT, State

NODES, POOLERS = ("n1", "n2"), ("b1", "b2")
FRONT_PORT, WEB_PORT, POOLER_PORT, MAIL_PORT = 80, 8000, 6432, 2525
STOP_SECONDS = 40.0
"""As in deploy/systemd: the drain, and the time in which running requests end."""


@dataclass(frozen=True)
class Scene:
    """Who asks, and for what: tokens and ids that `seed` has made."""

    admin: str
    learners: list[str]
    people: list[str]
    open_courses: list[str]
    assigned_courses: list[str]
    lessons: list[str]
    """two of each course that every learner attends, in the order of the courses"""


class Deployment:
    """Built once; `heal` makes it whole again after a case."""

    def __init__(self, home: State) -> None:
        self._home = home
        password = secrets.token_urlsafe(24)
        self.databases = Databases(home, password)
        self.stores = Stores(home, password)
        self._password = password
        self._media = home.folder("media")
        self.environment = self._settings()
        self.poolers = {name: self._pooler(name) for name in POOLERS}
        self.webs = {name: self._web(name) for name in NODES}
        self.workers = {name: self._command("worker", name) for name in NODES}
        self.sweeps = {name: self._command("sweep", name) for name in NODES}
        self.front = self._load_balancer()

    def build(self) -> Scene:
        """Start everything, in the order in which an operator would."""
        _say("PostgreSQL and Redis")
        self.databases.make_primary()
        self.stores.start()
        _say("migrations and rows")
        self._run("-m", "flask", "--app", "wsgi", "db", "upgrade")
        scene = self._seed()
        _say("standbys")
        self.databases.make_standbys()
        _say("poolers, nodes and the load balancer")
        for program in self._stateless():
            program.start()
        self.await_ready()
        print(self._run("-m", "flask", "--app", "wsgi", "doctor"), flush=True)
        return scene

    def heal(self) -> None:
        """Start what has died, and wait until nothing is missing."""
        for machine in network.NUMBERS.keys() - {network.EDGE}:
            network.mend(machine)
        self.databases.heal()
        self.stores.start()
        self.point_poolers()
        for program in self._stateless():
            program.start()
        self.await_ready()

    def await_ready(self) -> None:
        for name in POOLERS:
            await_that(
                f"the pooler on {name} answers", partial(ports.listens, POOLER_PORT, network.address(name))
            )
        for name in NODES:
            await_that(f"the node {name} is ready", partial(self.is_ready, name), 120)
        await_that(
            "the load balancer has a node", lambda: status(network.address(network.EDGE), FRONT_PORT) == 200
        )
        await_that("a sweep", lambda: self.databases.sweep_seconds(time.monotonic(), 0.1) >= 0, 90)

    def is_ready(self, name: str) -> bool:
        return status(network.address(name), WEB_PORT) == 200

    def point_poolers(self) -> None:
        """To the primary: the host in the file, and RELOAD, as docs/operating.md says."""
        for name, pooler in self.poolers.items():
            self._configure_pooler(name)
            if pooler.is_running:
                pooler.send(signal.SIGHUP)

    def sweeper(self) -> str:
        """The node whose sweep holds the lock."""
        holder = self.databases.primary.ask(
            "SELECT host(client_addr) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND objid = 727001001"
        )
        return next((name for name in NODES if network.address(name) == holder), NODES[0])

    def _stateless(self) -> list[Program]:
        kinds = (self.poolers, self.webs, self.workers, self.sweeps)
        return [*(program for kind in kinds for program in kind.values()), self.front]

    def _settings(self) -> dict[str, str]:
        """/etc/rollcall.env of both nodes."""
        hosts = "&".join(f"host={network.address(name)}:{POOLER_PORT}" for name in POOLERS)
        return {
            "PYTHONUNBUFFERED": "1",
            "FLASK_APP": "wsgi",
            "APP_ENV": "production",
            "DATABASE_URL": f"postgresql://{USER}:{self._password}@/{DATABASE}?{hosts}",
            "DATABASE_DIRECT_URL": self.databases.url(),
            "DB_PREPARE": "off",
            "REDIS_URL": self.stores.url(),
            "SECRET_KEY": secrets.token_urlsafe(32),
            "JWT_SECRET_KEY": secrets.token_urlsafe(32),
            "PUBLIC_URL": f"http://{network.address(network.EDGE)}",
            "FORCE_HTTPS": "off",
            "TRUSTED_PROXIES": "1",
            "MAIL_TRANSPORT": "smtp",
            "MAIL_HOST": network.address(network.EDGE),
            "MAIL_PORT": str(MAIL_PORT),
            "MAIL_FROM": "Rollcall <no-reply@lab.rollcall.org>",
            "MAIL_DOMAIN": "lab.rollcall.org",
            "MEDIA_DIR": str(self._media),
            "ACCESS_TOKEN_MINUTES": "1440",
            # All clients of the lab have one address, and its learners ask more often than people do.
            **dict.fromkeys(("RATELIMIT_USER", "RATELIMIT_ANONYMOUS", "RATELIMIT_CATALOGUE"), "1000000/hour"),
            "RATELIMIT_BULK": "100000/hour",
        }

    def _web(self, name: str) -> Program:
        """As in deploy/systemd/rollcall-web.service."""
        counts = self._home.folder("counts", name)
        sizes = {"DRAIN_SECONDS": "5", "WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}
        environment = (
            self.environment | sizes | {"PROMETHEUS_MULTIPROC_DIR": str(counts), "LOG_LEVEL": "WARNING"}
        )
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "wsgi:app",
            "--bind",
            f"{network.address(name)}:{WEB_PORT}",
        ]
        return Program(f"web {name}", name, command, self._log(f"web-{name}"), environment)

    def _command(self, what: str, name: str) -> Program:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", what]
        return Program(f"{what} {name}", name, command, self._log(f"{what}-{name}"), self.environment)

    def _pooler(self, name: str) -> Program:
        folder = self._home.folder(f"pgbouncer-{name}")
        service_user.give(folder)
        users = folder / "userlist.txt"
        users.write_text(f'"{USER}" "{self._password}"\n', encoding="utf-8")
        service_user.give(users)
        self._configure_pooler(name)
        command: list[str | Path] = [pgbouncer.program() or "pgbouncer", "--quiet", folder / "pgbouncer.ini"]
        return Program(
            f"pooler {name}", name, command, self._log(f"pooler-{name}"), {}, Path("/"), as_service=True
        )

    def _configure_pooler(self, name: str) -> None:
        folder = self._home.folder(f"pgbouncer-{name}")
        changes = {
            "host=postgres ": f"host={network.address(self.databases.primary.machine)} ",
            "listen_addr = *": f"listen_addr = {network.address(name)}\nunix_socket_dir =",
            "/etc/pgbouncer/userlist.txt": f"{folder}/userlist.txt",
        }
        (folder / "pgbouncer.ini").write_text(deployed.text_of("pgbouncer.ini", changes), encoding="utf-8")

    def _load_balancer(self) -> Program:
        nodes = {
            f"node{number}:{WEB_PORT}": f"{network.address(name)}:{WEB_PORT}"
            for number, name in enumerate(NODES, 1)
        }
        changes = {"/run/haproxy/admin.sock": f"{self._home.path}/haproxy.sock", **nodes}
        file = self._home.path / "haproxy.cfg"
        file.write_text(deployed.text_of("haproxy.cfg", changes), encoding="utf-8")
        command: list[str | Path] = [haproxy.program() or "haproxy", "-db", "-f", file]
        return Program("load balancer", network.EDGE, command, self._log("haproxy"))

    def _log(self, name: str) -> Path:
        return self._home.path / f"{name}.log"

    def _seed(self) -> Scene:
        file = self._home.path / "scene.json"
        self._run("-m", "tools.lab.seed", str(file))
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return Scene(**found)

    def _run(self, *arguments: str) -> str:
        """A command on the first node, to its end."""
        done = subprocess.run(
            network.inside(NODES[0], sys.executable, *arguments),
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", os.defpath), **self.environment, "LOG_LEVEL": "WARNING"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotReadyError(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def status(host: str, port: int, path: str = "/readyz") -> int:
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def _say(what: str) -> None:
    print(f"  {what} ...", flush=True)
