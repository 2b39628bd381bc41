"""A connection of the web server: it receives a request without blocking, and sends the response from a thread."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from time import monotonic
from typing import Any, BinaryIO

from deploy.web_intake import BodyFileFor, BodyLimitFor, Incoming, Progress, SpilledBody
from environment import load

SECONDS_TO_SEND = load().client_patience_seconds
"""The time to send a request, head and body together; it is extended while bytes arrive at `LEAST_RATE`."""

LEAST_RATE = 10_000
"""The minimum rate of a long body, in bytes a second."""

SECONDS_TO_READ = 60.0
"""The timeout of one write to a client."""

SECONDS_TO_HANG_UP = 2.0
"""How long the rest of an unread body is discarded, so that a client that is still sending receives its response."""

_AT_ONCE = 64 * 1024
_AT_ONCE_TO_FILE = 512 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Client(socket.socket):
    """A connection and the buffer of its next request. A thread reads from the buffer and never blocks."""

    def __init__(self, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self.held = bytearray()
        self.incoming = Incoming(self.held, _no_body, _no_file)
        self.due_at = 0.0
        self.is_hanging_up = False

    def begin_request(self, body_limit_for: BodyLimitFor, body_file_for: BodyFileFor) -> Progress:
        """Expect a request, whose first bytes may have arrived behind the previous one."""
        self.incoming.close()
        self.incoming = Incoming(self.held, body_limit_for, body_file_for)
        self.due_at = monotonic() + SECONDS_TO_SEND
        return self._kept() if self.held else self.take_in()

    def take_in(self) -> Progress:
        """Buffer what has arrived, without blocking."""
        try:
            piece = super().recv(self.incoming.most_wanted(_AT_ONCE, _AT_ONCE_TO_FILE))
        except BlockingIOError:
            return Progress.UNFINISHED
        except OSError:
            return Progress.GONE
        if self.is_hanging_up:
            return Progress.UNFINISHED if piece else Progress.GONE
        if not piece:
            return self._kept(is_cut=True) if self.incoming.has_head else Progress.GONE
        self.due_at += len(piece) / LEAST_RATE
        return self._kept(piece)

    def _kept(self, piece: bytes = b"", *, is_cut: bool = False) -> Progress:
        """Buffer these bytes. An incomplete body that is cut is refused by the application."""
        try:
            self.incoming.put(piece)
            progress = self.incoming.cut() if is_cut else self.incoming.progress()
        except OSError:
            # Of the temporary file: it must not leave the event loop, which serves the other clients.
            return Progress.NO_ROOM
        if self.incoming.expects_continue:
            self.incoming.expects_continue = False
            with contextlib.suppress(OSError):
                super().send(_CONTINUE)
        return progress

    def hang_up(self) -> None:
        """Close the sending side after the response, and wait a moment for the client to read it (lingering close)."""
        self.held.clear()
        self.incoming.close()
        self.is_hanging_up, self.due_at = True, monotonic() + SECONDS_TO_HANG_UP
        with contextlib.suppress(OSError):
            self.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.incoming.close()
        super().close()

    def recv(self, bufsize: int, _flags: int = 0, /) -> bytes:
        return self.incoming.take(bufsize)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """As the library's, and the timeout is the system's: it waits and sends in one call, instead of a call a buffer."""
        end = os.fstat(file.fileno()).st_size if count is None else offset + count
        begin, seconds = offset, self.gettimeout()
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(SECONDS_TO_READ), 0))
        self.settimeout(None)
        try:
            while offset < end and (sent := os.sendfile(self.fileno(), file.fileno(), offset, end - offset)):
                offset += sent
        except BlockingIOError:
            raise TimeoutError("The client does not read.") from None
        finally:
            self.settimeout(seconds)
            file.seek(offset)
        return offset - begin

    def spilled_body(self) -> SpilledBody | None:
        """For the application: the body of its request, if it is in a file, instead of reading it once more."""
        return self.incoming.spilled_body()

    def hand_over_file(self) -> None:
        """For the application: the file is its own now, and the body is read."""
        self.incoming.hand_over_file()

    def send(self, data: Any, flags: int = 0, /) -> int:
        """Drop gunicorn's own `100 Continue`: the body has arrived, or is not wanted."""
        return len(data) if data == _CONTINUE else super().send(data, flags)

    def setblocking(self, flag: object, /) -> None:
        self.settimeout(SECONDS_TO_READ if flag else 0)


def _no_body(_method: str, _target: str, _authorization: str) -> int:
    return 0


def _no_file(_method: str, _target: str) -> BinaryIO:
    raise NotImplementedError
