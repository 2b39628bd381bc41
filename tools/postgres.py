"""An embedded PostgreSQL: a separate cluster, reached over TCP with a password, as a child process.

Its locale is built in, so that neither sorting nor `initdb` depends on what the machine has installed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from tools import locate, processes, service_user
from tools.processes import Process
from tools.state import State
from tools.supervisor import Program

USER = "rollcall"
FIRST_WITH_BUILTIN_LOCALE = 17
READY_SECONDS = 60.0
# A container's /dev/shm is too small for PostgreSQL's default.
OPTIONS = ("dynamic_shared_memory_type=mmap", "shared_buffers=64MB", "log_min_messages=warning")


class WrongPasswordError(Exception):
    """The server does not know us: waiting longer will not help."""


@dataclass
class Postgres:
    """One cluster: its programs, its data and how to reach it."""

    programs: locate.Programs
    data: Path
    password: str
    port: int = 0
    options: tuple[str, ...] = ()

    @property
    def server(self) -> Path:
        return self.programs.folder / "postgres"

    def url(self, database: str) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def make_cluster(self, *extra: str) -> None:
        """Make the data folder, whole or not at all."""
        if self.data.exists():
            return
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        service_user.give(fresh)
        password_file = self.data.with_name(f"{self.data.name}.password")
        with private_file(password_file, self.password):
            service_user.run(
                *(self.programs.folder / "initdb", "-D", fresh, "-U", USER, f"--pwfile={password_file}"),
                *("-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync"),
                *self.locale_options(),
                *extra,
            )
        fresh.rename(self.data)

    def locale_options(self) -> tuple[str, ...]:
        if float(locate.version(self.server)) < FIRST_WITH_BUILTIN_LOCALE:
            return ()
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")

    def program(self) -> Program:
        settings = [part for option in (*OPTIONS, *self.options) for part in ("-c", option)]
        return Program(
            name="postgres",
            command=(
                self.server,
                "-D",
                self.data,
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
                "-k",
                "",
                *settings,
            ),
            environment=service_user.environment(),
            folder="/",
            stop_signal=signal.SIGINT,  # its fast stop: roll back, write down, go
            stage=2,
            grace=5.0,
            is_server=True,
            is_shown=False,
        )

    def clear_stale_pid(self) -> None:
        """After a crash or a reboot the pid file names no server, another program, or our own orphan."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text(encoding="utf-8").split()[0])
        except (OSError, ValueError, IndexError):
            return
        if str(self.data) in processes.command_line(pid):
            processes.stop([Process.of("postgres", pid, stop_signal=signal.SIGINT, grace=10.0)])
        pid_file.unlink(missing_ok=True)

    def is_ready(self) -> bool:
        """Whether it answers to our password, which no other server on this port would."""
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise WrongPasswordError(
                    f"PostgreSQL on port {self.port} refuses our password. `make reset` deletes the cluster."
                ) from error
            return False
        return True

    def make_database(self, name: str) -> None:
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{name}"')


@contextlib.contextmanager
def private_file(path: Path, text: str) -> Iterator[None]:
    """A file that the servers' account can read, for as long as it takes."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    service_user.give(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def major(programs: locate.Programs) -> str:
    """`pg18`: clusters of one major version can be read by all its minor ones, and by no other."""
    return f"pg{locate.version(programs.folder / 'postgres').partition('.')[0]}"


def of(state: State, options: tuple[str, ...] = (), programs_of: State | None = None) -> Postgres:
    """The cluster of this state; one folder per major version, since they cannot read each other's."""
    programs = locate.postgres(programs_of or state)
    parent = state.folder("postgres")
    service_user.give(parent)
    return Postgres(programs, parent / major(programs), state.secret("postgres_password"), options=options)
