"""Who answers the requests: the API as the image runs it, and its peers, each in processes of its own."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.web import serving_as_image, started
from tools import ports, throwaway
from tools.state import open_state

PEERS = Path(__file__).resolve().parent / "peers"
FLOOR, OURS, TWIN = "floor", "ours", "twin"

HIGH = dict.fromkeys(
    (
        *(
            "RATELIMIT_ANONYMOUS",
            "RATELIMIT_USER",
            "RATELIMIT_CATALOGUE",
            "RATELIMIT_LOGIN",
            "RATELIMIT_HASHING",
        ),
        *("RATELIMIT_LOGIN_ADDRESS", "RATELIMIT_LOGIN_ADDRESS_SLOW", "RATELIMIT_LOGIN_EVERYBODY"),
    ),
    "9999999/hour",
)
"""Limits are counted and never reached."""


@dataclass(frozen=True)
class Contender:
    name: str
    master: int
    """process id"""
    port: int


@contextlib.contextmanager
def serving(environment: Mapping[str, str], *, has_twin: bool) -> Iterator[list[Contender]]:
    """All of them at once, on the same servers."""
    with contextlib.ExitStack() as held:
        contenders = [held.enter_context(_floor(environment)), held.enter_context(_ours(environment))]
        python = _python_of_twin() if has_twin else None
        if python:
            contenders.append(held.enter_context(_twin(environment, python)))
        yield contenders


@contextlib.contextmanager
def _ours(environment: Mapping[str, str]) -> Iterator[Contender]:
    with serving_as_image({**environment, **HIGH}) as server:
        yield Contender(OURS, server.master, server.port)


@contextlib.contextmanager
def _floor(environment: Mapping[str, str]) -> Iterator[Contender]:
    port = ports.pick(None)
    settings = str(PEERS / "served.py")
    command = [sys.executable, "-m", "gunicorn", "bench.peers.floor:application", "--config", settings]
    with started([*command, "--bind", f"127.0.0.1:{port}"], port, environment) as master:
        yield Contender(FLOOR, master, port)


@contextlib.contextmanager
def _twin(environment: Mapping[str, str], python: Path) -> Iterator[Contender]:
    port = ports.pick(None)
    command = [str(python), "-m", "uvicorn", "bench.peers.twin:app", "--workers", "2", "--loop", "uvloop"]
    quiet = ["--no-access-log", "--log-level", "critical"]
    with started([*command, *quiet, "--host", "127.0.0.1", "--port", str(port)], port, environment) as master:
        yield Contender(TWIN, master, port)


def _python_of_twin() -> Path | None:
    """The interpreter of a virtual environment with what the twin needs, made when its lock has changed."""
    home, lock = open_state(), PEERS / "requirements.txt"
    folder = home.path / "peers"
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = f"{sys.version} {hashlib.sha256(lock.read_bytes()).hexdigest()}"
    with throwaway.one_at_a_time(home):
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return python
        print("  Installing FastAPI and what it needs into an environment of its own ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        install = [*pip, "--no-deps", "--require-hashes", "--prefer-binary", "--requirement", str(lock)]
        if subprocess.run(install, check=False).returncode:
            print("  The twin is left out: its packages could not be installed.", flush=True)
            return None
        stamp.write_text(wanted, encoding="utf-8")
    return python
