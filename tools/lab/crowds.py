"""Slow and idle clients at the load balancer, in a process of their own: `python -m tools.lab.crowds slow 500`."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.lab import network
from tools.lab.deployment import FRONT_PORT
from tools.state import ROOT

OPEN_FILES = 20_000
AT_ONCE = 50
"""Connections that are opened side by side."""
SLOW_HEAD = "POST /api/v1/auth/register HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
READY = "ready"


@contextmanager
def crowd(kind: str, size: int) -> Iterator[None]:
    """So many clients, until the block ends; each connects again when it is disconnected."""
    if not size:
        yield
        return
    command = [sys.executable, "-m", "tools.lab.crowds", kind, str(size)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdout.readline().strip() != READY:
            raise SystemExit("The clients did not start.")
        time.sleep(1)
        yield
    finally:
        process.kill()
        process.wait()


async def _client(kind: str, gate: asyncio.Semaphore, connected: asyncio.Semaphore) -> None:
    is_first = True
    while True:
        with contextlib.suppress(OSError):
            async with gate:
                reader, writer = await asyncio.open_connection(network.address(network.EDGE), FRONT_PORT)
            if is_first:
                connected.release()
                is_first = False
            if kind == "slow":
                writer.write(SLOW_HEAD.encode())
            while not reader.at_eof():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(65_536), 2)
                if kind == "slow":
                    writer.write(b" ")
            writer.close()
        await asyncio.sleep(0.5)


async def _all(kind: str, size: int) -> None:
    gate, connected = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(0)
    clients = [asyncio.create_task(_client(kind, gate, connected)) for _ in range(size)]
    for _ in clients:
        await connected.acquire()
    print(READY, flush=True)
    await asyncio.gather(*clients)


def main() -> None:
    kind, size = sys.argv[1], int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    asyncio.run(_all(kind, size))


if __name__ == "__main__":
    main()
