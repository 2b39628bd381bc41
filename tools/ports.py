"""Ports on this machine: which are free, and which one a server had last time."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from pathlib import Path

START_SECONDS = 10


def why_taken(port: int, host: str = "127.0.0.1") -> str | None:
    """Why a server could not listen there; None when it could."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            # Binding alone succeeds beside another socket that does not listen yet.
            probe.listen()
        except (OSError, OverflowError) as error:
            return getattr(error, "strerror", None) or str(error)
    return None


def pick(last: int | None) -> int:
    """The port of last time, so that connection strings stay good; any free one otherwise."""
    if last and why_taken(last) is None:
        return last
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server that was just started listens. One that ends or takes too long raises SystemExit with its log."""
    deadline = time.monotonic() + START_SECONDS
    while not listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(log.read_text(encoding="utf-8"))
        time.sleep(0.05)


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False
