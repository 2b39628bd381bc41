"""Process supervisor: children are started in order, watched, and stopped together.

An interrupt, a hang-up, a dead child and even `kill -9` of this process leave nothing running: a watchdog stops the
children if the supervisor cannot, and what survives the watchdog as well is recorded for the next start. A worker or a
queue that is killed is restarted; an essential child that ends stops all.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self

from tools import processes, service_user
from tools.processes import Process
from tools.state import ROOT, State

CHILDREN = "children.json"
TAIL_LINES = 25
REVIVAL_SECONDS = 5.0


class StopAskedError(Exception):
    """The supervisor was asked to stop; there is nothing to report."""


class ChildDiedError(Exception):
    """A child that should have stayed has gone."""


@dataclass(frozen=True)
class Program:
    """What to start and how to treat it."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    folder: str | Path = ROOT
    stdin: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    stage: int = 0
    grace: float = 2.0
    is_server: bool = False  # runs as the servers' account
    is_shown: bool = True
    is_essential: bool = True
    is_revived: bool = False  # started again when it dies, unless it dies at once
    when_done: Callable[[], None] | None = None  # called when it has ended well


@dataclass
class Screen:
    """The terminal that all children share. What they say while it is quiet goes to their logs alone."""

    is_quiet: bool = False


@dataclass
class Child:
    """A started program, its log, and its last lines for when it dies."""

    program: Program
    screen: Screen
    popen: subprocess.Popen[str]
    process: Process
    log: Path
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))
    reader: threading.Thread | None = None
    started: float = field(default_factory=time.monotonic)

    def listen(self) -> None:
        self.reader = threading.Thread(target=self.copy_output, name=self.program.name, daemon=True)
        self.reader.start()

    def copy_output(self) -> None:
        output = self.popen.stdout
        if output is None:
            return
        with output, self.log.open("a", encoding="utf-8") as log:
            for line in output:
                log.write(line)
                log.flush()
                self.tail.append(line.rstrip())
                if self.program.is_shown and not self.screen.is_quiet:
                    say(f"{self.program.name:<8}| {line.rstrip()}")

    def settle(self) -> None:
        """Reap it and read its output to the end, unless something it forked still holds that open."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(timeout=1)
        if self.reader:
            self.reader.join(timeout=1)

    def last_words(self) -> str:
        return "\n".join(f"    {line}" for line in self.tail) or "    (no output)"


class Supervisor:
    """Use as a context: inside it children run, after it none does."""

    def __init__(self, state: State, run_id: str, *, removes_state: bool = False) -> None:
        self.state = state
        self.run_id = run_id
        self.removes_state = removes_state
        self.screen = Screen()
        self.children: list[Child] = []
        self.asked = threading.Event()
        self.watchdog: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        stop_orphans(self.state)
        options = ["--remove"] if self.removes_state else []
        self.watchdog = subprocess.Popen(
            [sys.executable, "-m", "tools.watchdog", str(self.state.path), self.run_id, *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        processes.stop(child.process for child in self.children)
        for child in self.children:
            child.settle()
        self.state.write(CHILDREN, {"run_id": self.run_id, "children": []})
        if self.watchdog:
            with contextlib.suppress(OSError):
                self.watchdog.communicate(b"done")

    def stop_on_signals(self) -> None:
        """A terminal's interrupt, a service manager's stop and a lost connection all mean the same."""

        def ask(_number: int, _frame: FrameType | None) -> None:
            self.asked.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, ask)

    def start(self, program: Program) -> Child:
        self.rest(0)
        log = self.state.folder("logs") / f"{program.name}.log"
        log.write_text("", encoding="utf-8")
        popen = subprocess.Popen(
            program.command,
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            **(service_user.run_as() if program.is_server else {}),
        )
        process = Process.of(
            program.name, popen.pid, stop_signal=program.stop_signal, stage=program.stage, grace=program.grace
        )
        child = Child(program, self.screen, popen, process, log)
        self.children.append(child)
        self.write_down()
        child.listen()
        feed(popen.stdin, program.stdin)
        return child

    def write_down(self) -> None:
        known = [child.process.facts() for child in self.children]
        self.state.write(CHILDREN, {"run_id": self.run_id, "children": known})

    def finish(self, program: Program) -> None:
        """Run a step to its end before going on."""
        child = self.start(program)
        while child.popen.poll() is None:
            self.check_others(child)
            self.rest(0.05)
        child.settle()
        self.children.remove(child)
        if child.popen.returncode:
            raise ChildDiedError(exit_report(child))

    def drop(self, child: Child) -> None:
        """Give up one child, to start it differently."""
        processes.stop([child.process])
        child.settle()
        self.children.remove(child)

    def await_ready(self, child: Child, is_ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check_others(None)
            if time.monotonic() > deadline:
                raise ChildDiedError(
                    f"{child.program.name} was not ready after {seconds:.0f} s. Last output:\n"
                    f"{child.last_words()}"
                )
            self.rest(0.05)

    def watch(self) -> None:
        """Stay until asked to stop, or until a child that must not go has gone."""
        while True:
            self.check_others(None)
            self.rest(0.2)

    def rest(self, seconds: float) -> None:
        if self.asked.wait(seconds):
            raise StopAskedError

    def check_others(self, expected: Child | None) -> None:
        for child in [each for each in self.children if each is not expected]:
            if child.popen.poll() is None:
                continue
            child.settle()
            if self.is_worth_reviving(child):
                self.revive(child)
                continue
            if child.program.is_essential:
                raise ChildDiedError(exit_report(child))
            self.children.remove(child)
            if child.popen.returncode:
                say(f"{exit_report(child)}\nThe platform goes on without it.")
            elif child.program.when_done:
                child.program.when_done()

    def is_worth_reviving(self, child: Child) -> bool:
        """A child that dies right after its start would only die again."""
        return child.program.is_revived and time.monotonic() - child.started > REVIVAL_SECONDS

    def revive(self, child: Child) -> None:
        processes.stop([child.process])
        self.children.remove(child)
        say(f"{exit_report(child)}\nRestarting it.")
        self.start(child.program)


def feed(stdin: IO[str] | None, text: str) -> None:
    """A server's configuration goes in by standard input, where no process list shows its password."""
    if stdin is None:
        return
    with contextlib.suppress(BrokenPipeError), stdin:
        stdin.write(text)


def exit_report(child: Child) -> str:
    code = child.popen.returncode
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    return f"{child.program.name} {how}. Last output:\n{child.last_words()}\n    (full log: {child.log})"


def stop_orphans(state: State, run_id: str | None = None) -> None:
    """End what an earlier run left behind; with a run's id, only if the list is still that run's."""
    known: dict[str, Any] = state.read(CHILDREN) or {}
    if run_id is not None and known.get("run_id") != run_id:
        return
    processes.stop(Process(**facts) for facts in known.get("children", ()))


def say(text: str) -> None:
    """Print, even to a closed terminal: a lost terminal must not prevent the cleanup."""
    try:
        print(text, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
