"""Watchdog: outlives a killed supervisor, stops its children, and exits.

It waits at the end of a pipe that only the supervisor holds. The kernel closes the pipe however the supervisor dies,
on every system, which is more than any signal to a parent can say.
"""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path

from tools.state import State
from tools.supervisor import stop_orphans


def main() -> None:
    folder, run_id, *options = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read() == b"done":
        return
    stop_orphans(State(Path(folder)), run_id)
    if "--remove" in options:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
