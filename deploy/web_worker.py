"""The web worker: gunicorn's threads, which no client keeps waiting.

The event loop takes requests in without blocking, many at once, and gives a thread a request when it is whole. Who sends
slowly holds a connection and what has come in so far, and no thread; who takes too long is cut off. A proxy that takes
requests in whole does the same for larger crowds (docs/operating.md).
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from functools import partial
from time import monotonic
from typing import Any

from gunicorn.http.errors import (
    ConfigurationProblem,
    ExpectationFailed,
    InvalidHeader,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import TConn, ThreadWorker

from deploy.web_intake import Incoming, MostAwaited, Progress
from environment import load

SECONDS_TO_SEND = load().client_patience_seconds
"""How long a client may take for a request, head and body together, and longer as it sends `LEAST_RATE`."""

LEAST_RATE = 10_000
"""Bytes a second that keep a long body alive."""

SECONDS_TO_READ = 60.0
"""How long a client may take to read what is written to it at once."""

SECONDS_TO_HANG_UP = 2.0
"""How long the rest of a body that was not read is thrown away: a client that still sends would not see its answer."""

MOST_HELD = 64 * 1024 * 1024
"""Bytes in one process of requests that are unfinished, or that wait for a thread."""

_OTHER_STATUSES = (
    ConfigurationProblem,
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    UnsupportedTransferCoding,
)
"""Errors of gunicorn's parser that are not answered with 400."""

_AT_ONCE = 64 * 1024
_LOOK_SECONDS = 0.2
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Client(socket.socket):
    """A connection, and what has come in of its next request. A thread reads that and never waits for more."""

    def __init__(self, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self.held = bytearray()
        self.due_at = 0.0
        self.is_hanging_up = False

    def begin_request(self, most_awaited: MostAwaited) -> Progress:
        """The first bytes of this one may have come with the request before."""
        self.incoming = Incoming(self.held, most_awaited)
        self.due_at = monotonic() + SECONDS_TO_SEND
        return self._progress() if self.held else self.take_in()

    def take_in(self) -> Progress:
        """What has arrived, without waiting."""
        try:
            piece = super().recv(_AT_ONCE)
        except BlockingIOError:
            return Progress.UNFINISHED
        except OSError:
            return Progress.GONE
        if self.is_hanging_up:
            return Progress.UNFINISHED if piece else Progress.GONE
        if not piece:
            # A body that broke off is for the application to refuse.
            return self.incoming.cut() if self.incoming.has_head else Progress.GONE
        self.held += piece
        self.due_at += len(piece) / LEAST_RATE
        return self._progress()

    def _progress(self) -> Progress:
        progress = self.incoming.progress()
        if self.incoming.expects_continue:
            self.incoming.expects_continue = False
            with contextlib.suppress(OSError):
                super().send(_CONTINUE)
        return progress

    def hang_up(self) -> None:
        """Say that the answer was the last word, and wait a moment for the client to have heard it."""
        self.held.clear()
        self.is_hanging_up, self.due_at = True, monotonic() + SECONDS_TO_HANG_UP
        with contextlib.suppress(OSError):
            self.shutdown(socket.SHUT_WR)

    def recv(self, bufsize: int, _flags: int = 0, /) -> bytes:
        return self.incoming.take(bufsize)

    def send(self, data: Any, flags: int = 0, /) -> int:
        """Without gunicorn's own asking for a body: it has come, or is not wanted."""
        return len(data) if data == _CONTINUE else super().send(data, flags)

    def setblocking(self, flag: object, /) -> None:
        self.settimeout(SECONDS_TO_READ if flag else 0)


class Worker(ThreadWorker):
    """gunicorn's `gthread`, whose event loop takes requests in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unfinished: dict[TConn, Client] = {}
        """In the order in which they began."""

        self.handed_over: dict[TConn, Client] = {}
        """Whole requests that wait for a thread, or have one."""

        self._looked_at = 0.0
        self.most_unfinished = max(1, self.worker_connections // 2)

    def enqueue_req(self, conn: TConn) -> None:
        """A connection from which a request is expected."""
        if not isinstance(conn.sock, Client):
            conn.sock = Client(conn.sock.detach())
        conn.sock.settimeout(0)
        progress = conn.sock.begin_request(self._application.most_awaited)
        if progress is Progress.UNFINISHED:
            self._wait_for(conn)
        else:
            self._go_on(conn, progress)

    def _wait_for(self, conn: TConn) -> None:
        if len(self.unfinished) >= self.most_unfinished:
            self._give_up(next(iter(self.unfinished)))
        self.unfinished[conn] = conn.sock
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._take_in, conn))

    def _take_in(self, conn: TConn, client: Client) -> None:
        if conn not in self.unfinished:
            # Events come in batches: an earlier one of this batch has given this connection up.
            return
        progress = client.take_in()
        if progress is not Progress.UNFINISHED:
            self._forget(conn)
            self._go_on(conn, progress)
        # Where all together hold too much, one of them holds more than its share.
        elif len(client.held) > MOST_HELD // self.most_unfinished and self._held() > MOST_HELD:
            self._give_up(max(self.unfinished, key=lambda each: len(self.unfinished[each].held)))

    def _go_on(self, conn: TConn, progress: Progress) -> None:
        if progress is Progress.GONE:
            self._close(conn)
            return
        conn.data_ready = True
        self.handed_over[conn] = conn.sock
        super().enqueue_req(conn)

    def _held(self) -> int:
        return sum(len(each.held) for each in (*self.unfinished.values(), *self.handed_over.values()))

    def _give_up(self, conn: TConn) -> None:
        """Cut off a client that takes too long, or whose place is needed, unless the rest has come by now."""
        self._forget(conn)
        progress = conn.sock.take_in()
        if progress is not Progress.UNFINISHED:
            self._go_on(conn, progress)
            return
        if conn.sock.incoming.has_head and not conn.sock.is_hanging_up:
            with contextlib.suppress(OSError):
                conn.sock.sendall(self._application.refusal("request_timeout"))
        self._close(conn)

    def _forget(self, conn: TConn) -> None:
        self.poller.unregister(self.unfinished.pop(conn))

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Called with each turn of the event loop."""
        super().murder_pending()
        now = monotonic()
        if now < self._looked_at + _LOOK_SECONDS:
            return
        self._looked_at = now
        for conn in [conn for conn, client in self.unfinished.items() if client.due_at <= now]:
            self._give_up(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Called when the worker is to stop."""
        super()._cap_keepalive(deadline)
        for client in self.unfinished.values():
            client.due_at = min(client.due_at, deadline)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        if conn.sock.incoming.is_cut:
            req.force_close()
        return super().handle_request(req, conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        client = conn.sock
        self.handed_over.pop(conn, None)
        if client.incoming.is_cut:
            client.settimeout(0)
            client.hang_up()
            self._wait_for(conn)
            return
        super().finish_request(conn, fs)
        if client.held and conn in self.keepalived_conns:
            self.on_client_socket_readable(conn, client)

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
    if isinstance(error, InvalidHeader) and error.hdr == "HOST":
        return "invalid_host"
    is_malformed = isinstance(error, ParseException) and not isinstance(error, _OTHER_STATUSES)
    return "malformed_request" if is_malformed else None
