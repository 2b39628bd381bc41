"""What a server's processes use: CPU time by the kernel's account, and the messages that PostgreSQL is sent."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

_TICKS = os.sysconf("SC_CLK_TCK")
_SENT = re.compile(r"\bLOG: +(?:statement|execute [^:]*): ")
_WAIT_SECONDS = 5.0
_LAST_WORDS_SECONDS = 0.05
"""A connection may be given back, and its session reset, only after the response."""


def cpu_seconds(pid: int) -> float:
    """What a process has used, its children and theirs; those that have ended since they were waited for, too."""
    return sum(_used(each) for each in _family(pid))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has just ended
            for child in children.read_text(encoding="ascii").split():
                yield from _family(int(child))


def _used(pid: int) -> float:
    """By a process, and by children that it has waited for.

    The scheduler counts nanoseconds, a thread at a time; ticks of 10 ms are too coarse for a turn of a few requests.
    """
    process = Path(f"/proc/{pid}")
    try:
        line = (process / "stat").read_text(encoding="ascii", errors="replace")
        counted = [each.read_text(encoding="ascii").split()[0] for each in process.glob("task/*/schedstat")]
    except OSError:
        return 0.0  # it has just ended, and its parent knows what it used
    user, system, *of_children = (int(ticks) / _TICKS for ticks in line.rpartition(")")[2].split()[11:15])
    return (sum(map(int, counted)) / 1e9 if counted else user + system) + sum(of_children)


@dataclass(frozen=True)
class Postgres:
    """The server behind a connection: its first process, and its log."""

    connection: Connection
    """in AUTOCOMMIT, of a superuser"""

    @property
    def pid(self) -> int:
        return int((self._folder / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    @property
    def _folder(self) -> Path:
        return Path(str(self.connection.scalar(text("SHOW data_directory"))))

    def messages(self, act: Callable[[], object]) -> int:
        """How many messages an act sends: each is a round trip, BEGIN and COMMIT included."""
        log = self._folder.parent.parent / "logs" / "postgres.log"
        self._log_statements("all")
        try:
            start = log.stat().st_size
            act()
            time.sleep(_LAST_WORDS_SECONDS)
            said = self._said_since(log, start)
        finally:
            self._log_statements("none")
        return len(_SENT.findall(said))

    def _log_statements(self, which: str) -> None:
        """Each session reads the new setting before its next statement."""
        self.connection.execute(text(f"ALTER SYSTEM SET log_statement = '{which}'"))
        self.connection.execute(text("SELECT pg_reload_conf()"))
        time.sleep(0.2)

    def _said_since(self, log: Path, start: int) -> str:
        """The log up to a statement of our own, which is written when all before it is."""
        mark = f"bench, {time.monotonic_ns()}"
        self.connection.execute(text(f"SELECT '{mark}'"))
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            said = log.read_bytes()[start:].decode(errors="replace")
            before, found, _ = said.partition(mark)
            if found:
                return before.rpartition("LOG:")[0]
            time.sleep(0.05)
        raise SystemExit(f"PostgreSQL does not log its statements to {log}.")
