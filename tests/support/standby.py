"""A primary of PostgreSQL with a streaming standby, beside the servers of the tests."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from dataclasses import replace

from tests.support.servers import TEMPLATE, execute, migrations_version, prepare
from tests.support.waiting import until
from tools import ports, service_user, throwaway

DATABASE = "rollcall_test_replicated"


class Standby:
    """A copy of a primary that follows it."""

    def __init__(self, primary):
        self.cluster = replace(primary, data=primary.data.with_name("standby"), port=ports.pick(None))
        backup = primary.programs.folder / "pg_basebackup"
        service_user.run(
            *(
                backup,
                "-d",
                primary.url("postgres"),
                "-D",
                self.cluster.data,
                "-R",
                "-c",
                "fast",
                "--no-sync",
            ),
        )
        self.url = self.cluster.url(DATABASE)

    def start(self):
        self._process = subprocess.Popen(
            self.cluster.program().command,
            cwd="/",
            env=service_user.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **service_user.run_as(),
        )
        until(self.cluster.is_ready)

    def stop(self):
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def pause(self):
        """Receive, and show nothing of it."""
        execute(self.url, "SELECT pg_wal_replay_pause()")

    def resume(self):
        execute(self.url, "SELECT pg_wal_replay_resume()")


@contextlib.contextmanager
def replicated():
    """The URL of a migrated database, and the standby of its server."""
    with throwaway.running_servers(f"tests-{migrations_version()}", prepare, durable=True) as own:
        execute(own.postgres.url("postgres"), f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}")
        standby = Standby(own.postgres)
        standby.start()
        try:
            yield own.postgres.url(DATABASE), standby
        finally:
            standby.stop()
