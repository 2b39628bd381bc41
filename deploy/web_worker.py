"""The web worker: gunicorn's `gthread` with protection against slow clients (slowloris).

The event loop buffers requests without blocking, and hands a request to a thread once it is complete. A slow client
occupies a connection and a buffer, and no thread; it is disconnected at a deadline. A buffering proxy does the same for
more clients (docs/operating.md).
"""

from __future__ import annotations

import contextlib
import select
import selectors
from functools import partial
from time import monotonic
from typing import Any

from gunicorn.http.body import Body, LengthReader
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

from deploy import web_drain
from deploy.web_client import Client
from deploy.web_intake import Progress

MOST_HELD = 64 * 1024 * 1024
"""The limit of bytes buffered in one process, of requests that are incomplete or wait for a thread."""

MOST_SPILLED = 2 * 1024 * 1024 * 1024
"""The limit of bytes that long bodies of such requests, without files, have in temporary files."""

_OTHER_STATUSES = (
    ConfigurationProblem,
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    UnsupportedTransferCoding,
)
"""Errors of gunicorn's parser whose status is not 400."""

_LOOK_SECONDS = 0.2


class Worker(ThreadWorker):
    """gunicorn's `gthread` with an event loop that buffers requests."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unfinished: dict[TConn, Client] = {}
        """Incomplete requests, oldest first."""

        self.handed_over: dict[TConn, Client] = {}
        """Complete requests that wait for a thread, or have one."""

        self._looked_at = 0.0
        self.most_unfinished = max(1, self.worker_connections // 2)

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self._application.is_draining = web_drain.is_draining

    def enqueue_req(self, conn: TConn) -> None:
        """Wait for a request on this connection."""
        if not isinstance(conn.sock, Client):
            conn.sock = Client(conn.sock.detach())
        conn.sock.settimeout(0)
        progress = conn.sock.begin_request(self._application.body_limit_for, self._application.body_file_for)
        if progress is Progress.UNFINISHED:
            self._wait_for(conn)
        else:
            self._go_on(conn, progress)

    def _wait_for(self, conn: TConn) -> None:
        if len(self.unfinished) >= self.most_unfinished:
            self._give_up(next(iter(self.unfinished)), "no_room")
        self.unfinished[conn] = conn.sock
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._take_in, conn))

    def _take_in(self, conn: TConn, client: Client) -> None:
        if conn not in self.unfinished:
            # Events come in batches: an earlier event of this batch has closed the connection.
            return
        progress = client.take_in()
        if progress is not Progress.UNFINISHED:
            self._stop_waiting_for(conn)
            self._go_on(conn, progress)
        # When the sum of buffers exceeds its limit, at least one of them exceeds its share.
        elif len(client.held) > MOST_HELD // self.most_unfinished and self._held() > MOST_HELD:
            self._give_up(max(self.unfinished, key=lambda each: len(self.unfinished[each].held)), "no_room")
        elif client.incoming.temporary and self._spilled() > MOST_SPILLED:
            self._give_up(
                max(self.unfinished, key=lambda each: self.unfinished[each].incoming.temporary), "no_room"
            )

    def _go_on(self, conn: TConn, progress: Progress) -> None:
        if progress is Progress.GONE:
            self._close(conn)
            return
        if progress is Progress.NO_ROOM:
            self._refuse(conn, "storage_full")
            return
        conn.data_ready = True
        self.handed_over[conn] = conn.sock
        super().enqueue_req(conn)

    def _held(self) -> int:
        return sum(len(each.held) for each in (*self.unfinished.values(), *self.handed_over.values()))

    def _spilled(self) -> int:
        return sum(
            each.incoming.temporary for each in (*self.unfinished.values(), *self.handed_over.values())
        )

    def _give_up(self, conn: TConn, code: str = "request_timeout") -> None:
        """Disconnect a client past its deadline, or for whose buffer there is no room, unless its request is complete now."""
        self._stop_waiting_for(conn)
        progress = conn.sock.take_in()
        if progress is not Progress.UNFINISHED:
            self._go_on(conn, progress)
            return
        if conn.sock.incoming.has_head and not conn.sock.is_hanging_up:
            self._send_refusal(conn, code)
        self._close(conn)

    def _refuse(self, conn: TConn, code: str) -> None:
        """Refuse a request whose body is still being sent."""
        self._send_refusal(conn, code)
        conn.sock.hang_up()
        self._wait_for(conn)

    def _send_refusal(self, conn: TConn, code: str) -> None:
        with contextlib.suppress(OSError):
            conn.sock.sendall(self._application.refusal(code))

    def _stop_waiting_for(self, conn: TConn) -> None:
        self.poller.unregister(self.unfinished.pop(conn))

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Called in each iteration of the event loop."""
        super().murder_pending()
        now = monotonic()
        if now < self._looked_at + _LOOK_SECONDS:
            return
        self._looked_at = now
        for conn in [conn for conn, client in self.unfinished.items() if client.due_at <= now]:
            self._give_up(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Called at a graceful shutdown, once new connections are no longer accepted."""
        self._close_listeners()
        super()._cap_keepalive(deadline)
        for client in self.unfinished.values():
            client.due_at = min(client.due_at, deadline)

    def _close_listeners(self) -> None:
        """Serve who has connected, and refuse others at once: gunicorn would let them wait, and reset them at the end."""
        for listener in self.sockets:
            waiting = select.poll()
            waiting.register(listener, select.POLLIN)
            for _ in range(self.cfg.backlog):
                if not waiting.poll(0):
                    break
                self.accept(listener)
            listener.close()

    def handle_request(self, req: Any, conn: TConn) -> Any:
        # Of a server that is leaving, proxies keep no connections.
        if conn.sock.incoming.is_cut or web_drain.is_draining():
            req.force_close()
        is_kept_alive = super().handle_request(req, conn)
        if conn.sock.incoming.is_handed_over:
            # gunicorn would take the next request for the rest of this body.
            conn.parser.unreader.take_buffered()
            req.body = Body(LengthReader(conn.parser.unreader, 0))
        return is_kept_alive

    def finish_request(self, conn: TConn, fs: Any) -> None:
        client = conn.sock
        self.handed_over.pop(conn, None)
        if client.incoming.is_cut:
            client.settimeout(0)
            client.hang_up()
            self._wait_for(conn)
            return
        client.incoming.close()
        super().finish_request(conn, fs)
        if client.held and conn in self.keepalived_conns:
            self.on_client_socket_readable(conn, client)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that gunicorn cannot parse with the application's problem, where it has a reason code for it."""
        code = _code_of(exc)
        if code is None:
            super().handle_error(req, client, addr, exc)
            return
        with contextlib.suppress(OSError):
            client.sendall(self._application.refusal(code))

    @property
    def _application(self) -> Any:
        """The application's interface for its web server. Only workers import the application."""
        return self.wsgi.extensions["rollcall-reception"]


def _code_of(error: BaseException) -> str | None:
    """The reason code of gunicorn's parser error, if it has one."""
    if isinstance(error, LimitRequestLine):
        return "uri_too_long"
    if isinstance(error, LimitRequestHeaders):
        return "headers_too_large"
    # gunicorn names the host in this error only where the header is repeated.
    if isinstance(error, InvalidHeader) and error.hdr == "HOST":
        return "invalid_host"
    is_malformed = isinstance(error, ParseException) and not isinstance(error, _OTHER_STATUSES)
    return "malformed_request" if is_malformed else None
