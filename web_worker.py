"""The web worker: gunicorn's threads, and clients that must not keep one for ever.

A thread reads a request as it comes in. Who sends it a byte at a time, or does not read the answer, would hold the
thread as long as they like; here they are cut off. That bounds what each of them costs and is no more: a proxy that takes
requests in whole belongs in front (docs/operating.md).
"""

from __future__ import annotations

import contextlib
import errno
import socket
from time import monotonic
from typing import Any

from gunicorn.http.errors import InvalidHeader, LimitRequestHeaders, LimitRequestLine
from gunicorn.workers.gthread import TConn, ThreadWorker

from config import load

SECONDS_TO_SEND = load().client_patience_seconds
"""How long a client may take for a request, head and body together, and longer as it sends `LEAST_RATE`."""

LEAST_RATE = 10_000
"""Bytes a second that keep a long body alive."""

SECONDS_TO_READ = 60.0
"""How long a client may take to read what is written to it at once."""

_AT_ONCE = 0.001


class Client(socket.socket):
    """A connection whose peer is not waited for without end."""

    def begin_request(self) -> None:
        self._due_at = monotonic() + SECONDS_TO_SEND

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        usual = self.gettimeout() or SECONDS_TO_READ
        self.settimeout(min(usual, max(self._due_at - monotonic(), _AT_ONCE)))
        try:
            received = super().recv(bufsize, flags)
        except TimeoutError:
            if monotonic() < self._due_at:
                raise
            # What gunicorn takes for a client that went away, and says no word about.
            raise ConnectionResetError(errno.ECONNRESET, "the client took too long for its request") from None
        finally:
            self.settimeout(usual)
        self._due_at += len(received) / LEAST_RATE
        return received

    def setblocking(self, flag: object, /) -> None:
        self.settimeout(SECONDS_TO_READ if flag else 0)


class Worker(ThreadWorker):
    """gunicorn's `gthread`, serving `Client`s."""

    def handle(self, conn: TConn) -> Any:
        if not isinstance(conn.sock, Client):
            conn.sock = Client(fileno=conn.sock.detach())
        conn.sock.begin_request()
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """What gunicorn cannot read is refused as the application refuses, where a client can do something about it."""
        code = _code_of(exc)
        if code is None:
            super().handle_error(req, client, addr, exc)
            return
        with contextlib.suppress(OSError):
            client.sendall(self._application.refusal(code))

    @property
    def _application(self) -> Any:
        """What the application answers to its web server. It is imported by the workers alone."""
        return self.wsgi.extensions["rollcall-reception"]


def _code_of(error: BaseException) -> str | None:
    """The reason code of what gunicorn did not read."""
    if isinstance(error, LimitRequestLine):
        return "uri_too_long"
    if isinstance(error, LimitRequestHeaders):
        return "headers_too_large"
    # The host is named in a refusal only where it is sent twice.
    return "invalid_host" if isinstance(error, InvalidHeader) and error.hdr == "HOST" else None
