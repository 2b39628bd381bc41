"""Chunked transfer coding: where the chunks of a body are, followed as they arrive, and how they are broken off.

Offsets are those in the whole request. gunicorn parses the same chunks again, and refuses invalid ones.
"""

from __future__ import annotations

import io
import re
from typing import BinaryIO

_END = b"\r\n\r\n"
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[^\r\n]*\r\n")
_NO_CHUNK = b"-\r\n"

_LONGEST_SIZE_LINE = 4_096


class Chunks:
    """The chunks of a body that has not arrived in whole."""

    def __init__(self, begin: int) -> None:
        self._following = begin
        """The offset of the next chunk."""

        self._line = (0, 0)
        """The offsets of the size line of the chunk before that."""

        self._unread = bytearray()
        """What has arrived of a body in a file from the next size line on."""

        self._unread_from = 0
        """Its offset."""

    def end_in(self, held: bytearray) -> int | None:
        """Advance in the buffer of the request to the last chunk that has arrived; the end of the body, if it is there."""
        return self._follow(held, 0)

    def note_for_file(self, piece: bytes, arrived: int) -> None:
        """Note what goes to a file behind the bytes that had arrived."""
        if not self._unread:
            self._unread_from = max(self._following, arrived)
            piece = piece[self._unread_from - arrived :]
        self._unread += piece

    def end_in_file(self) -> int | None:
        """As `end_in`, in what was noted."""
        end = self._follow(self._unread, self._unread_from)
        if end is None:
            del self._unread[: self._following - self._unread_from]
            self._unread_from = self._following
        return end

    def _follow(self, arrived: bytearray, offset: int) -> int | None:
        """In what has arrived from this offset on. An invalid chunk ends the body where the bytes end."""
        while self._following < offset + len(arrived):
            at = self._following - offset
            line = _CHUNK.match(arrived, at)
            if line is None:
                rest = arrived[at : at + _LONGEST_SIZE_LINE]
                is_invalid = b"\r\n" in rest or len(rest) == _LONGEST_SIZE_LINE
                return offset + len(arrived) if is_invalid else None
            size = int(line[1], 16)
            if not size:
                end = arrived.find(_END, line.end() - len(b"\r\n"))
                return None if end < 0 else offset + end + len(_END)
            self._line = (offset + line.start(), offset + line.end())
            self._following = offset + line.end() + size + len(b"\r\n")
        return None

    def break_off(self, held: bytearray) -> None:
        """End the incomplete body in the buffer with an invalid size line: gunicorn would take it for a complete one."""
        begin, end = self._line
        if self._following > len(held):
            piece = bytes(held[end : self._following - len(b"\r\n")])
            held[begin:] = b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
        else:
            del held[self._following :]
        held += _NO_CHUNK

    def break_off_in_file(self, file: BinaryIO, body: int, arrived: int) -> int:
        """The same in a file in which the body begins, in place: a smaller size is written with leading zeros.

        :return: the length of the file
        """
        begin, end = (offset - body for offset in self._line)
        size = min(arrived, self._following - len(b"\r\n")) - body - end
        if self._following > arrived and size > 0:
            file.seek(begin)
            digits = len(_CHUNK.match(file.read(end - begin))[1])  # type: ignore[index]
            file.seek(begin)
            file.write(b"%0*x" % (digits, size))
            file.seek(end + size)
            file.write(b"\r\n")
        else:
            file.seek(begin if self._following > arrived else self._following - body)
        file.write(_NO_CHUNK)
        file.truncate()
        return file.seek(0, io.SEEK_END)
