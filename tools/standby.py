"""A streaming standby of an embedded PostgreSQL, for tests and benches."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic, sleep

from tools import ports, postgres, service_user
from tools.postgres import Postgres


class Standby:
    """A copy of a running primary, which follows it."""

    def __init__(self, primary: Postgres) -> None:
        self.cluster = replace(primary, data=primary.data.with_name("standby"), port=ports.pick(None))
        backup = primary.programs.folder / "pg_basebackup"
        url = primary.url("postgres")
        service_user.run(backup, "-d", url, "-D", self.cluster.data, "-R", "-c", "fast", "--no-sync")

    def start(self) -> None:
        self._process = subprocess.Popen(
            [str(part) for part in self.cluster.program().command],
            cwd="/",
            env=service_user.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **service_user.run_as(),
        )
        deadline = monotonic() + postgres.READY_SECONDS
        while not self.cluster.is_ready():
            if monotonic() > deadline:
                raise TimeoutError("the standby does not answer")
            sleep(0.05)

    def stop(self) -> None:
        """At once, as a machine that is switched off."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid


@contextlib.contextmanager
def following(primary: Postgres) -> Iterator[Standby]:
    standby = Standby(primary)
    standby.start()
    try:
        yield standby
    finally:
        standby.stop()
