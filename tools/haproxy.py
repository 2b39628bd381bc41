"""HAProxy with the configuration of `deploy/`, in front of web servers of this machine, where it is installed."""

from __future__ import annotations

import contextlib
import csv
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import deployed, ports

_FALLBACK = "/usr/sbin/haproxy"


def program() -> str | None:
    """Where HAProxy is, if it is installed."""
    return shutil.which("haproxy") or shutil.which(_FALLBACK)


@dataclass(frozen=True)
class Front:
    """A HAProxy that runs: the port of its clients, and the one that it answers questions on."""

    port: int
    stats_port: int

    def nodes_up(self) -> int:
        """How many web servers it sends requests to."""
        with socket.create_connection(("127.0.0.1", self.stats_port)) as asked:
            asked.sendall(b"show stat\n")
            with asked.makefile(encoding="utf-8") as answer:
                rows = list(csv.DictReader(answer))
        return sum(row["svname"].startswith("node") and row["status"].startswith("UP") for row in rows)


def configuration(folder: Path, front: Front, web_ports: Sequence[int]) -> Path:
    """The file of `deploy/`, with this machine's addresses."""
    nodes = {f" node{number}:8000": f" 127.0.0.1:{web}" for number, web in enumerate(web_ports, 1)}
    changes = {
        "bind :80": f"bind 127.0.0.1:{front.port}",
        "stats socket /run/haproxy/admin.sock mode 660": f"stats socket ipv4@127.0.0.1:{front.stats_port}",
        **nodes,
    }
    file = folder / "haproxy.cfg"
    file.write_text(deployed.text_of("haproxy.cfg", changes), encoding="utf-8")
    return file


@contextlib.contextmanager
def running(folder: Path, web_ports: Sequence[int]) -> Iterator[Front]:
    found, front = program(), Front(ports.pick(None), ports.pick(None))
    if found is None:
        raise SystemExit("HAProxy is not installed.")
    log = folder / "haproxy.log"
    with log.open("wb") as kept:
        file = configuration(folder, front, web_ports)
        process = subprocess.Popen([found, "-db", "-f", file], stdout=kept, stderr=kept)
    try:
        ports.wait_for(front.port, process, log)
        yield front
    finally:
        process.terminate()
        process.wait()
