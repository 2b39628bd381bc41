"""Ports on this machine: which are free, and which one a server had last time."""

from __future__ import annotations

import contextlib
import socket


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


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False
