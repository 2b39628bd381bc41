"""The framing of a request in its buffer: where it ends, and whether to wait for the rest of it.

A long body, which only sheets and files have, goes on in a temporary file. Only what determines the length is parsed
here; gunicorn parses the same bytes again, and refuses malformed ones.
"""

from __future__ import annotations

import contextlib
import enum
import re
from collections.abc import Callable
from functools import partial
from typing import BinaryIO, NamedTuple

from deploy.web_chunks import Chunks

_END = b"\r\n\r\n"
# Possessive: no number makes it backtrack, which would stop the event loop and with it all clients.
_LENGTH = re.compile(
    rb"\r\ncontent-length:[ \t]*+(?=[0-9])0*+([0-9]{0,18}+)[0-9]*+[ \t]*+\r\n", re.IGNORECASE
)
"""Without leading zeros, so it may be empty; of a longer number its first 18 digits, which exceed every limit."""

_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)
_AUTHORIZATION = re.compile(rb"\r\nauthorization:[ \t]*([^\r]*)", re.IGNORECASE)

_MOST_HEAD = 1024 * 1024
"""More than gunicorn accepts, so it refuses a longer head."""

SPILLED_FROM = 8 * 1024 * 1024
"""Longer bodies are kept in a temporary file; JSON and images are smaller."""

_LONGEST_PART_HEAD = 64 * 1024
"""Bytes of a long body in which the head of a form's first part may end."""

BodyLimitFor = Callable[[str, str, str], int]
"""The longest body to wait for in bytes, by method, target and `Authorization`."""

BodyFileFor = Callable[[str, str], BinaryIO]
"""A file for a long body, by method and target. OSError: it cannot be created."""


class SpilledBody(NamedTuple):
    """A complete body: its start, which ends with the head of the first part if it is a form, and a file with the rest."""

    start: bytes
    file: BinaryIO


class Progress(enum.Enum):
    UNFINISHED = enum.auto()
    WHOLE = enum.auto()
    """Complete, or cut."""

    GONE = enum.auto()
    """The client has closed the connection."""

    NO_ROOM = enum.auto()
    """The disk has no room for the temporary file of the body."""


class Incoming:
    """One request in the buffer of its connection. Bytes behind its end belong to the next one."""

    def __init__(self, held: bytearray, body_limit_for: BodyLimitFor, body_file_for: BodyFileFor) -> None:
        self.held = held
        self.has_head = False
        self.is_cut = False
        """The rest of the body is not awaited, and the connection closes after the response."""

        self.expects_continue = False
        self._body_limit_for = body_limit_for
        self._body_file_for = body_file_for
        self._searched = 0
        self._body = 0
        """The offset of the body."""

        self._end = 0
        self._most = 0
        """The offset at which the longest accepted body would end."""

        self._chunks: Chunks | None = None
        """None without chunks, or after the last one."""

        self._file: BinaryIO | None = None
        self._file_for_body: Callable[[], BinaryIO] | None = None
        """Opens the file of a body that is too long for the buffer."""

        self._start = b""
        self._is_begun = False
        self.is_handed_over = False
        """The application has taken the file, and gunicorn reads no more of this request."""

        self.spilled = 0
        """The bytes of the body that are in the file. They follow those in the buffer, which then gets no more."""

    def progress(self) -> Progress:
        """How far the request is. OSError: its temporary file cannot be created or written."""
        if not self.has_head and not self._find_head():
            return Progress.UNFINISHED
        if self._chunks is not None:
            self._follow(self._chunks)
        if self._chunks is not None:
            if self._arrived > self._most:
                return self.cut()
            if (
                self._file_for_body is not None
                and self._file is None
                and len(self.held) - self._body > SPILLED_FROM
            ):
                self._spill_chunks(self._file_for_body)
            return Progress.UNFINISHED
        if self._file_for_body is not None and self._file is None:
            self._spill(self._file_for_body)
        return self._whole() if self._arrived >= self._end else Progress.UNFINISHED

    def put(self, piece: bytes) -> None:
        """Keep what has arrived. OSError: the temporary file cannot be written."""
        if self._file is None:
            self.held += piece
        else:
            if self._chunks is not None:
                self._chunks.note_for_file(piece, self._arrived)
            self._file.write(piece)
            self.spilled += len(piece)

    def most_wanted(self, at_once: int, at_once_to_file: int) -> int:
        """How many bytes to receive at once: of a body that goes to the file more, and none beyond its end."""
        if self._file is None:
            return at_once
        return (
            at_once_to_file if self._chunks is not None else min(at_once_to_file, self._end - self._arrived)
        )

    def spilled_body(self) -> SpilledBody | None:
        """The complete body, if it is in a file of which nothing has been taken."""
        if self._file is None or self.is_cut or self._is_begun:
            return None
        return SpilledBody(self._start, self._file)

    def hand_over_file(self) -> None:
        """Leave the file to the caller of `spilled_body`. The whole request counts as taken."""
        del self.held[: max(0, self._end - self.spilled)]
        self._file, self._end, self.is_handed_over = None, 0, True

    def close(self) -> None:
        """Delete the file, if there is one."""
        if self._file is not None:
            # Closing writes what is still buffered.
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    @property
    def temporary(self) -> int:
        """The bytes of the body in a temporary file, which share one limit; a draft of the store may be larger than that."""
        return 0 if getattr(self._file, "is_in_store", False) else self.spilled

    @property
    def _arrived(self) -> int:
        return len(self.held) + self.spilled

    def _whole(self) -> Progress:
        if self._file is not None:
            self._file.seek(0)
        return Progress.WHOLE

    def cut(self) -> Progress:
        """Wait no longer: the request ends with what has arrived."""
        if self._chunks is not None:
            self._break_off(self._chunks)
        self.is_cut, self._chunks, self._end = True, None, self._arrived
        return self._whole()

    def take(self, most: int) -> bytes:
        """The next bytes of this request; none after its end.

        A read beyond the end means that gunicorn sees another end than this module. A body could then be parsed as the
        next request (request smuggling), so the connection closes after the response.
        """
        taken = bytes(self.held[: min(most, self._end)])
        del self.held[: len(taken)]
        if not taken and self._file is not None:
            taken = self._file.read(min(most, self._end))
            self._is_begun = True
        if not taken and not self.is_handed_over:
            self.is_cut = True
        self._end -= len(taken)
        return taken

    def _find_head(self) -> bool:
        end = self.held.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self.held) - len(_END) + 1)
            if len(self.held) > _MOST_HEAD:
                self.cut()
            return len(self.held) > _MOST_HEAD
        self.has_head = True
        body = end + len(_END)
        head = bytes(self.held[:body])
        length = _LENGTH.search(head)
        self._end = body + int(length[1] or b"0") if length else body
        if _CHUNKED.search(head):
            self._chunks = Chunks(body)
            self._follow(self._chunks)
        if self._chunks is not None or len(self.held) < self._end:
            self._judge(head)
        return True

    def _judge(self, head: bytes) -> None:
        """Decide whether to wait for a body that has not arrived with its head."""
        self._body = len(head)
        method, target = [*head.partition(b"\r\n")[0].decode("latin-1").split(" "), ""][:2]
        token = _AUTHORIZATION.search(head)
        most = self._body_limit_for(method, target, token[1].decode("latin-1") if token else "")
        # The size lines of chunks are no part of the body.
        self._most = len(head) + (most if self._chunks is None else 2 * most)
        if most == 0 or (self._chunks is None and self._end > self._most):
            self.cut()
        else:
            self.expects_continue = _EXPECTS.search(head) is not None
            if self._chunks is not None or self._end - len(head) > SPILLED_FROM:
                self._file_for_body = partial(self._body_file_for, method, target)

    def _spill(self, file_for_body: Callable[[], BinaryIO]) -> None:
        """Let the file begin where the head of a form's first part ends: then it has the content of that part from its start.

        What has no such head begins anywhere in it.
        """
        end = self.held.find(_END, self._body)
        begin = self._body + _LONGEST_PART_HEAD if end < 0 else end + len(_END)
        if begin > len(self.held):
            return
        self._file = file_for_body()
        self._start, rest = bytes(self.held[self._body : begin]), bytes(self.held[begin:])
        del self.held[begin:]
        self.put(rest)

    def _spill_chunks(self, file_for_body: Callable[[], BinaryIO]) -> None:
        """Continue a chunked body in a file, as it is sent: gunicorn parses the chunks."""
        self._file, self._is_begun = file_for_body(), True
        rest = bytes(self.held[self._body :])
        del self.held[self._body :]
        self.put(rest)

    def _follow(self, chunks: Chunks) -> None:
        """Advance to the last chunk that has arrived."""
        end = chunks.end_in(self.held) if self._file is None else chunks.end_in_file()
        if end is None:
            return
        self._chunks, self._end = None, end
        if self._file is None:
            # The whole body is in the buffer.
            self._file_for_body = None
        else:
            # Bytes behind the end belong to a request that is not served: the connection closes.
            self.is_cut = self.is_cut or self._arrived > end

    def _break_off(self, chunks: Chunks) -> None:
        if self._file is None:
            chunks.break_off(self.held)
        else:
            self.spilled = chunks.break_off_in_file(self._file, self._body, self._arrived)
