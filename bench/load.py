"""A closed loop of requests over connections that are kept: the next is sent when the one before it is answered.

`wrk` sends what is always the same request, where it is installed; all else, a client of our own in a process of its own.
"""

from __future__ import annotations

import itertools
import multiprocessing
import re
import selectors
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

CONNECTIONS = 8
ANSWER_SECONDS = 60.0
_AT_ONCE = 256 * 1024
_SECONDS_IN = {"ms": 0.001, "s": 1.0, "m": 60.0}
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def raw(self) -> bytes:
        headers = {**self.headers, "Content-Length": str(len(self.body))} if self.body else self.headers
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join((*lines, "", "")).encode() + self.body


@dataclass(frozen=True)
class Answered:
    """How many requests were answered, in how long a time, and how."""

    seconds: float
    statuses: Mapping[int, int]
    sent: int
    """of what there was to send"""

    @property
    def number(self) -> int:
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        return self.number / self.seconds

    @property
    def failed(self) -> int:
        return sum(number for status, number in self.statuses.items() if not 200 <= status < 300)


@dataclass(frozen=True)
class Client:
    """Sends requests from another process, so that only the server has this one's processor."""

    pool: ProcessPoolExecutor

    def send(self, port: int, requests: Sequence[Request], seconds: float) -> Answered:
        """One request over and over, or several once each, until the time or the requests are used up."""
        if len(requests) == 1 and requests[0].method == "GET" and (wrk := shutil.which("wrk")):
            return _send_by_wrk(wrk, port, requests[0], seconds)
        return self.pool.submit(_send, port, [each.raw for each in requests], seconds).result()


@contextmanager
def client() -> Iterator[Client]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield Client(pool)


def _send_by_wrk(wrk: str, port: int, request: Request, seconds: float) -> Answered:
    headers = [part for name, value in request.headers.items() for part in ("-H", f"{name}: {value}")]
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", *headers]
    printed = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{request.path}"], capture_output=True, text=True, check=True
    ).stdout
    number, length, unit = re.findall(r"(\d+) requests in ([\d.]+)(ms|s|m)", printed)[0]
    refused = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", printed)))
    broken = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", printed)))
    statuses = {200: int(number) - refused, 500: refused, 0: broken}
    return Answered(float(length) * _SECONDS_IN[unit], statuses, int(number))


@dataclass
class _Connection:
    socket: socket.socket
    held: bytearray = field(default_factory=bytearray)
    whole: int = 0
    """bytes of the response that is coming in; 0 until its head is there"""


def _send(port: int, requests: Sequence[bytes], seconds: float) -> Answered:
    waiting: Iterator[bytes] = itertools.repeat(requests[0]) if len(requests) == 1 else iter(requests)
    statuses: Counter[int] = Counter()
    sent = 0
    with selectors.DefaultSelector() as selector:
        start = time.monotonic()
        deadline = start + seconds
        for request in itertools.islice(waiting, CONNECTIONS):
            connection = _Connection(socket.create_connection(("127.0.0.1", port)))
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.socket.sendall(request)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            sent += 1
        while selector.get_map():
            ready = selector.select(ANSWER_SECONDS)
            if not ready:
                raise TimeoutError(f"No response within {ANSWER_SECONDS:.0f} s.")
            for key, _ in ready:
                status = _take_in(key.data)
                if status is None:
                    continue
                statuses[status] += 1
                following = next(waiting, None) if status and time.monotonic() < deadline else None
                if following is None:
                    selector.unregister(key.data.socket)
                    key.data.socket.close()
                else:
                    key.data.socket.sendall(following)
                    sent += 1
        return Answered(time.monotonic() - start, dict(statuses), sent)


def _take_in(connection: _Connection) -> int | None:
    """The status once a response is complete; 0 where the server has hung up."""
    piece = connection.socket.recv(_AT_ONCE)
    if not piece:
        return 0
    held = connection.held
    held += piece
    if not connection.whole:
        end = held.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = _LENGTH.search(held, 0, end)
        connection.whole = end + 4 + (int(length[1]) if length else 0)
    if len(held) < connection.whole:
        return None
    status = int(held[9:12])
    held.clear()
    connection.whole = 0
    return status
