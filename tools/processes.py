"""Processes that may outlive their parent: identifying and stopping them.

A process id alone proves nothing after a crash, because the kernel reuses ids; together with the start time of the
process it does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Self

PROC = Path("/proc/self/stat")
POLL_SECONDS = 0.03
STATE, SESSION, STARTED = 0, 3, 19  # fields of /proc/<pid>/stat that follow the name


@dataclass(frozen=True)
class Process:
    """One child, with all that ending it takes. Lower stages end first; each stage has `grace` seconds."""

    name: str
    pid: int
    started: str
    stop_signal: int = signal.SIGTERM
    stage: int = 0
    grace: float = 2.0

    @classmethod
    def of(cls, name: str, pid: int, **how: Any) -> Self:
        return cls(name, pid, started_at(pid) or "", **how)

    def is_alive(self) -> bool:
        return bool(self.started) and started_at(self.pid) == self.started

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def stop(processes: Iterable[Process]) -> None:
    """End them stage by stage: who uses the database goes before the database."""
    living = sorted((each for each in processes if each.is_alive()), key=lambda each: each.stage)
    for _, stage in groupby(living, key=lambda each: each.stage):
        stop_together(list(stage))


def stop_together(processes: list[Process]) -> None:
    # A worker's forked child is in the worker's session, but not in its process group.
    families = {each: members(each.pid) for each in processes}
    for each in processes:
        send(each.pid, each.stop_signal)
    deadline = time.monotonic() + max(each.grace for each in processes)
    while any(each.is_alive() for each in processes) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for each, family in families.items():
        if each.is_alive():
            send(each.pid, signal.SIGKILL)
        for member in family | members(each.pid):
            if member.is_alive():
                send(member.pid, signal.SIGKILL)


def send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def members(session: int) -> frozenset[Process]:
    """The processes of a session; only the leader itself where there is no /proc."""
    if not PROC.exists():
        return frozenset({Process.of("member", session)})
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return frozenset(
        Process.of("member", pid) for pid in pids if (found := stat(pid)) and found[SESSION] == str(session)
    )


def started_at(pid: int) -> str | None:
    """When the process started, as the system reports it; None if it is gone or a zombie."""
    if not PROC.exists():
        return read_from_ps(pid, "lstart")
    found = stat(pid)
    return found[STARTED] if found and found[STATE] not in "ZX" else None


def stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat after the name, which may itself hold spaces and parentheses."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def command_line(pid: int) -> str:
    if not PROC.exists():
        return read_from_ps(pid, "args") or ""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return raw.replace(b"\0", b" ").decode(errors="replace")


def read_from_ps(pid: int, what: str) -> str | None:
    output = subprocess.run(
        ["ps", "-o", f"stat=,{what}=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    status, _, rest = output.partition(" ")
    return rest.strip() if rest and not status.startswith("Z") else None
