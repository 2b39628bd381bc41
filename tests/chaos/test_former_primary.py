"""The three PostgreSQL servers of `deploy/postgres.sh`: a former primary never starts as a second one."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import ExitStack, closing, suppress

import psycopg2
import pytest

from tests.support.paths import ROOT
from tests.support.waiting import until
from tools import deployed, locate, ports, postgres, service_user, throwaway
from tools.state import State, open_state

NAMES = ("127.0.0.21", "127.0.0.22", "127.0.0.23")
"""Addresses of this machine, which are names as well."""

PASSWORD = "of-the-three"
HERE = """
unix_socket_directories = ''
dynamic_shared_memory_type = mmap
shared_buffers = 16MB
# Processes are killed here, and no machine.
fsync = off
"""
FOLLOWED_BY_TWO = (
    "SELECT count(*) = 2 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'quorum'"
)


class Servers:
    """Each is a process that the script has become, as in a container."""

    def __init__(self, folder, programs):
        self._folder, self._port, self._running = folder, ports.pick(None), {}
        changes = {
            "host=db1,db2,db3 port=5432": f"host={','.join(NAMES)} port={self._port}",
            "(db1, db2, db3)": "({})".format(", ".join(f'"{name}"' for name in NAMES)),
        }
        configuration, self._script = folder / "rollcall.conf", folder / "postgres.sh"
        configuration.write_text(deployed.text_of("postgresql.conf", changes) + HERE, encoding="utf-8")
        self._script.write_bytes((ROOT / "deploy" / "postgres.sh").read_bytes())
        self._environment = {
            "PATH": f"{programs.folder}:{os.environ['PATH']}",
            "LC_ALL": "C",
            "SERVERS": ",".join(NAMES),
            "PGPORT": str(self._port),
            "PGPASSWORD": PASSWORD,
            "CONFIGURATION": str(configuration),
        }

    def start(self, name, **more):
        environment = {**self._environment, "NAME": name, "PGDATA": str(self._folder / name), **more}
        with self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                ["sh", self._script],
                cwd="/",
                env=environment,
                stdout=log,
                stderr=log,
                **service_user.run_as(),
            )

    def start_all(self):
        for name in NAMES:
            self.start(name)
        until(lambda: any(self.ask(name, FOLLOWED_BY_TWO) for name in NAMES), 120)

    def log(self, name):
        return self._folder / f"{name}.log"

    def stop(self, name, number=signal.SIGKILL):
        process = self._running.pop(name, None)
        if process is not None:
            process.send_signal(number)
            process.wait()

    def stop_all(self, number=signal.SIGKILL):
        for name in NAMES:
            self.stop(name, number)

    def ask(self, name, statement):
        """The first value of the first row; None while it does not answer."""
        with suppress(psycopg2.OperationalError):
            connection = psycopg2.connect(
                host=name,
                port=self._port,
                user="rollcall",
                password=PASSWORD,
                dbname="rollcall",
                connect_timeout=3,
            )
            connection.autocommit = True
            with closing(connection), connection.cursor() as cursor:
                cursor.execute(statement)
                row = cursor.fetchone() if cursor.description else None
                return row[0] if row else None
        return None

    def promote(self, name):
        assert self.ask(name, "SELECT pg_promote()")

    def primaries(self):
        return [name for name in NAMES if self.ask(name, "SELECT pg_is_in_recovery()") is False]


@pytest.fixture
def servers():
    home = State(open_state().folder("test"))
    programs = locate.postgres(home)
    if float(locate.version(programs.folder / "postgres")) < postgres.FIRST_WITH_BUILTIN_LOCALE:
        pytest.skip("the script makes a database with a builtin locale")
    with ExitStack() as held:
        folder = held.enter_context(throwaway.own_run(home)).path / "three"
        folder.mkdir(mode=0o755)
        service_user.give(folder)
        made = Servers(folder, programs)
        held.callback(made.stop_all)
        made.start_all()
        yield made


@pytest.mark.timeout(300)
def test_a_former_primary_comes_back_as_a_standby(servers):
    first, second, _ = NAMES
    assert servers.primaries() == [first]
    limits = [servers.ask(first, f"SHOW {name}") for name in ("statement_timeout", "timezone")]
    assert limits == ["15s", "UTC"], "those that a pooler drops"
    servers.ask(first, "CREATE TABLE kept AS SELECT 1 AS number")
    servers.stop(first)
    servers.promote(second)
    servers.ask(second, "INSERT INTO kept VALUES (2)")

    servers.start(first)

    until(lambda: servers.ask(second, FOLLOWED_BY_TWO), 60)
    assert servers.primaries() == [second]
    assert servers.ask(first, "SELECT count(*) FROM kept") == 2

    servers.stop_all(signal.SIGINT)
    servers.start_all()
    assert servers.primaries() == [second], "it is the primary after a restart of all"


@pytest.mark.timeout(300)
def test_a_former_primary_waits_while_the_later_one_is_away(servers):
    """Its standby has followed the later one, and says so."""
    first, second, third = NAMES
    servers.stop(first)
    servers.promote(second)
    until(lambda: servers.ask(third, "SELECT status FROM pg_stat_wal_receiver") == "streaming", 60)
    servers.stop(second)

    servers.start(first)
    until(lambda: "was the primary" in servers.log(first).read_text(encoding="utf-8"))
    assert servers.primaries() == []

    servers.start(second)
    until(lambda: servers.ask(second, FOLLOWED_BY_TWO), 60)
    assert servers.primaries() == [second]


@pytest.mark.timeout(300)
def test_a_primary_whose_standbys_are_lost_starts_alone_when_it_is_asked_to(servers):
    first, *_ = NAMES
    servers.stop_all()

    servers.start(first)
    until(lambda: "was the primary" in servers.log(first).read_text(encoding="utf-8"))
    assert servers.ask(first, "SELECT 1") is None
    servers.stop(first)

    servers.start(first, ALONE="yes")
    until(lambda: servers.primaries() == [first])
    servers.ask(first, "CREATE TABLE alone (number int)")
    assert servers.ask(first, "SELECT count(*) FROM alone") == 0
