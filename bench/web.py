"""Real web servers on the loopback: one worker, with its responses and its memory, and what the image runs."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from tools import ports

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
GUNICORNS_OWN = "gthread"
OURS = "deploy.web_worker.Worker"


@dataclass
class Web:
    """A gunicorn master with one worker, where it listens, and who calls."""

    master: int
    port: int
    token: str

    def post(self, path: str, body: object) -> bytes:
        """The whole response to one call; anything but 200 ends the bench."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("POST", f"/api/v1{path}", msgspec.json.encode(body), headers)
            response = connection.getresponse()
            answer = response.read()
        if response.status != 200:
            raise SystemExit(f"POST {path} answered {response.status}: {answer[:500].decode()}")
        return answer

    def resident_mb(self) -> float:
        return self._memory("VmRSS")

    def peak_mb(self) -> float:
        """The most that was ever resident since `reset_peak`."""
        return self._memory("VmHWM")

    def reset_peak(self) -> None:
        Path(f"/proc/{self._worker()}/clear_refs").write_text("5", encoding="ascii")

    def _memory(self, name: str) -> float:
        status = Path(f"/proc/{self._worker()}/status").read_text(encoding="ascii", errors="replace")
        found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
        if found is None:
            raise SystemExit(f"/proc has no {name}: the memory of a process is measured on Linux.")
        return int(found[1]) / 1024

    def _worker(self) -> str:
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text(encoding="ascii")
        return children.split()[0]


@contextlib.contextmanager
def serving(
    environment: Mapping[str, str], token: str, *, worker_class: str = GUNICORNS_OWN
) -> Iterator[Web]:
    port = ports.pick(None)
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}"]
    options = ["--worker-class", worker_class, "--workers", "1", "--threads", "4"]
    with started([*command, *options, "--log-level", "error"], port, environment) as master:
        yield Web(master, port, token)


class ImageServer(NamedTuple):
    """A gunicorn master, and where it listens."""

    master: int
    port: int


@contextlib.contextmanager
def serving_as_image(environment: Mapping[str, str]) -> Iterator[ImageServer]:
    """What the Dockerfile runs, with the processes and threads that it sets. The log is thrown away."""
    port = ports.pick(None)
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    command = json.loads(re.findall(r"^CMD (\[.*\])", dockerfile, re.MULTILINE)[-1])
    sizes = dict(re.findall(r"\b(WEB_\w+)=(\d+)", dockerfile))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**environment, **sizes, "PATH": path, "HOST": "127.0.0.1", "PORT": str(port)}
    print(
        f"  {' '.join(f'{name}={size}' for name, size in sizes.items())} on {os.cpu_count()} processors",
        flush=True,
    )
    with started(command, port, environment, stderr=subprocess.DEVNULL) as master:
        yield ImageServer(master, port)


@contextlib.contextmanager
def started(
    command: Sequence[str], port: int, environment: Mapping[str, str], *, stderr: int | None = None
) -> Iterator[int]:
    """The process id of a web server that listens, until the block ends."""
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stderr=stderr)
    try:
        _await(port, process)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ports.listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("The web process did not start.")
        time.sleep(0.1)
