"""Programs on the machines of the lab, each of which can be killed with all that it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from redis.exceptions import RedisError

from tools import processes
from tools.lab import network
from tools.state import ROOT

_PARENT = 1
"""The field of /proc/<pid>/stat that follows the name and the state."""


class NotReadyError(Exception):
    """A part of the lab did not become what it should be."""


@dataclass
class Program:
    name: str
    machine: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    as_service: bool = False
    process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        if self.process is None:
            raise NotReadyError(f"{self.name} was not started")
        return self.process.pid

    def start(self) -> None:
        if self.is_running:
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                network.inside(self.machine, *self.command, as_service=self.as_service),
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def send(self, number: int) -> None:
        processes.send(self.pid, number)

    def stop(self, number: int = signal.SIGTERM, patience: float = 60.0) -> None:
        """Ask it to end, and wait until it has."""
        if self.process is None or not self.is_running:
            return
        self.send(number)
        try:
            self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill at once, with its descendants: SIGKILL."""
        if self.process is None:
            return
        for pid in (self.pid, *descendants(self.pid)):
            processes.send(pid, signal.SIGKILL)
        self.process.wait()

    def cpu_seconds(self) -> float:
        """What it and its descendants have used."""
        return sum(_cpu_seconds(pid) for pid in (self.pid, *descendants(self.pid)))


def descendants(pid: int) -> list[int]:
    """PostgreSQL's backends and RQ's jobs are in sessions of their own, so that the parents count."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := processes.stat(int(entry.name))):
            children.setdefault(int(found[_PARENT]), []).append(int(entry.name))
    found_pids, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found_pids += below
        waiting += below
    return found_pids


def _cpu_seconds(pid: int) -> float:
    found = processes.stat(pid)
    return (int(found[11]) + int(found[12])) / os.sysconf("SC_CLK_TCK") if found else 0.0


def await_that(what: str, holds: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until it holds; errors of connections mean that it does not yet."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, psycopg2.Error, RedisError):
            if holds():
                return
        if time.monotonic() > deadline:
            raise NotReadyError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)
