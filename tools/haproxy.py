"""HAProxy with the configuration of `deploy/`, in front of web servers of this machine, where it is installed."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools import ports
from tools.state import ROOT

_FALLBACK = "/usr/sbin/haproxy"


def program() -> str | None:
    """Where HAProxy is, if it is installed."""
    return shutil.which("haproxy") or shutil.which(_FALLBACK)


def configuration(folder: Path, port: int, web_ports: Sequence[int]) -> Path:
    """The file of `deploy/`, with this machine's addresses."""
    written = (ROOT / "deploy" / "haproxy.cfg").read_text(encoding="utf-8")
    nodes = {
        f"server node{n} node{n}:8000": f"server node{n} 127.0.0.1:{p}" for n, p in enumerate(web_ports, 1)
    }
    for ours, here in {"bind :80": f"bind 127.0.0.1:{port}", **nodes}.items():
        if ours not in written:
            raise SystemExit(f"deploy/haproxy.cfg has no {ours!r} any more.")
        written = written.replace(ours, here)
    file = folder / "haproxy.cfg"
    file.write_text(written, encoding="utf-8")
    return file


@contextlib.contextmanager
def running(folder: Path, web_ports: Sequence[int]) -> Iterator[int]:
    """Its port."""
    found, port = program(), ports.pick(None)
    if found is None:
        raise SystemExit("HAProxy is not installed.")
    log = folder / "haproxy.log"
    with log.open("wb") as kept:
        file = configuration(folder, port, web_ports)
        process = subprocess.Popen([found, "-db", "-f", file], stdout=kept, stderr=kept)
    try:
        ports.wait_for(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait()
