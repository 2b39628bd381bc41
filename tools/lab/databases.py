"""PostgreSQL on three machines, configured by deploy/postgresql.conf: a primary, and two standbys of which one has each commit.

Promotion, and the way back of a former primary, are what docs/operating.md asks of the operator.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import extensions

from tools import deployed, locate, postgres, service_user
from tools.lab import network
from tools.lab.programs import NotReadyError, Program, await_that
from tools.postgres import USER
from tools.state import State

MACHINES = ("d1", "d2", "d3")
DATABASE = "rollcall"
PORT = 5432
LIMITS = "tcp_user_timeout=5000 keepalives_idle=3 keepalives_interval=1 keepalives_count=2 connect_timeout=3"
SWEEP_LOCK = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = 727001001"


@dataclass
class Server:
    machine: str
    data: Path
    program: Program
    password: str

    def connect(self, database: str = DATABASE, timeout: int = 3) -> extensions.connection:
        made = psycopg2.connect(
            host=network.address(self.machine),
            port=PORT,
            user=USER,
            password=self.password,
            dbname=database,
            connect_timeout=timeout,
        )
        made.autocommit = True
        return made

    def ask(self, statement: str, values: Sequence[Any] = (), database: str = DATABASE) -> Any:
        """The first value of the first row."""
        with contextlib.closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


class Databases:
    """The three servers; `primary` is the one that was promoted last."""

    def __init__(self, home: State, password: str) -> None:
        self._programs = locate.postgres(home)
        self._home, self._password = home, password
        self._folder = home.folder("postgres")
        service_user.give(self._folder)
        self.servers = {name: self._server(name) for name in MACHINES}
        self.primary = self.servers["d1"]
        self._is_synchronous = False

    def _server(self, name: str) -> Server:
        data = self._folder / name
        program = Program(
            f"postgres {name}",
            name,
            [self._programs.folder / "postgres", "-D", data],
            self._home.path / f"postgres-{name}.log",
            service_user.environment(),
            Path("/"),
            as_service=True,
        )
        return Server(name, data, program, self._password)

    def url(self) -> str:
        """Of all three, of which the primary is taken: for the sweep, migrations and commands."""
        hosts = "&".join(f"host={network.address(name)}:{PORT}" for name in MACHINES)
        return f"postgresql://{USER}:{self._password}@/{DATABASE}?{hosts}&target_session_attrs=read-write"

    def make_primary(self) -> None:
        """A cluster with an empty database, which no standby follows yet."""
        cluster = postgres.Postgres(self._programs, self.primary.data, self._password)
        cluster.make_cluster()
        with (self.primary.data / "pg_hba.conf").open("a", encoding="utf-8") as file:
            for kind in ("all", "replication"):
                file.write(f"host {kind} all {network.NETWORK} scram-sha-256\n")
        with (self.primary.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("include 'lab.conf'\n")
        self._start(self.primary)
        self.primary.ask(f"CREATE DATABASE {DATABASE}", database="postgres")
        # What a pooler drops (docs/operating.md).
        for limit in ("statement_timeout = '15s'", "timezone = 'UTC'"):
            self.primary.ask(f"ALTER ROLE {USER} SET {limit}")

    def make_standbys(self) -> None:
        source = self._conninfo(network.address(self.primary.machine))
        for standby in self.standbys():
            command: list[str | Path] = [
                self._programs.folder / "pg_basebackup",
                "-D",
                standby.data,
                "-R",
                "-c",
                "fast",
                "-d",
                source,
            ]
            run_on(standby.machine, *command)
            self._start(standby)
        self.require_standby()

    def standbys(self) -> list[Server]:
        return [server for server in self.servers.values() if server is not self.primary]

    def require_standby(self) -> None:
        """From now on a commit waits until one of the two has it."""
        self._is_synchronous = True
        for server in self.servers.values():
            self._configure(server)
            if server.program.is_running:
                server.program.send(signal.SIGHUP)
        self.await_standbys()

    def await_standbys(self) -> None:
        streaming = (
            "SELECT count(*) = 2 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'quorum'"
        )
        await_that("two standbys stream", lambda: self.primary.ask(streaming))

    def promote(self) -> Server:
        """The standby that is ahead of the other becomes the primary; the other one follows it by itself."""
        ahead = max(self._received(), key=lambda pair: pair[0])[1]
        ahead.ask("SELECT pg_promote(true, 20)")
        self.primary = ahead
        return ahead

    def _received(self) -> Iterator[tuple[int, Server]]:
        for standby in self.standbys():
            with contextlib.suppress(psycopg2.OperationalError):
                yield int(standby.ask("SELECT pg_last_wal_receive_lsn() - '0/0'::pg_lsn")), standby

    def heal(self) -> None:
        """A former primary comes back as a standby; all three run."""
        for standby in self.standbys():
            if (standby.data / "standby.signal").exists():
                self._start(standby)
            else:
                self._rewind(standby)
        self.await_standbys()

    def end_former(self, machine: str) -> None:
        """A former primary must not serve when its cable is mended."""
        self.servers[machine].program.kill()

    def _rewind(self, former: Server) -> None:
        """After a crash PostgreSQL has to recover first, alone, which `pg_rewind` does."""
        source = self._conninfo(network.address(self.primary.machine))
        command: list[str | Path] = [
            *(
                self._programs.folder / "pg_rewind",
                "-D",
                former.data,
                "--source-server",
                f"{source} dbname=postgres",
            ),
            "-R",
        ]
        run_on(former.machine, *command)
        self._start(former)

    def _start(self, server: Server) -> None:
        self._configure(server)
        server.program.start()
        await_that(
            f"PostgreSQL on {server.machine} answers", lambda: server.ask("SELECT 1", database="postgres")
        )

    def _configure(self, server: Server) -> None:
        quorum = f"ANY 1 ({', '.join(MACHINES)})" if self._is_synchronous else ""
        changes = {
            "host=db1,db2,db3 port=5432 user=rollcall": self._address(
                ",".join(map(network.address, MACHINES))
            ),
            "ANY 1 (db1, db2, db3)": quorum,
        }
        settings = {
            "cluster_name": server.machine,
            "listen_addresses": network.address(server.machine),
            "port": PORT,
            "unix_socket_directories": "",
            "dynamic_shared_memory_type": "mmap",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
        }
        file = server.data / "lab.conf"
        here = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        file.write_text(deployed.text_of("postgresql.conf", changes) + here, encoding="utf-8")
        service_user.give(file)
        # pg_basebackup and pg_rewind write the address of one server there, which would win.
        written = server.data / "postgresql.auto.conf"
        written.write_text("", encoding="utf-8")

    def _conninfo(self, host: str) -> str:
        return f"{self._address(host)} {LIMITS}"

    def _address(self, hosts: str) -> str:
        return f"host={hosts} port={PORT} user={USER} password={self._password}"

    def sweep_seconds(self, since: float, patience: float = 60.0) -> float:
        """How long after `since`, on the monotonic clock, a sweep has its lock on the primary."""
        await_that("a sweep on the primary", lambda: self.primary.ask(SWEEP_LOCK), patience)
        return time.monotonic() - since

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def run_on(machine: str, *command: str | Path) -> None:
    """One of PostgreSQL's programs on a machine, to its end."""
    done = subprocess.run(
        network.inside(machine, *command, as_service=True),
        cwd="/",
        env=service_user.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotReadyError(f"{Path(command[0]).name} failed: {done.stderr}")
