"""What a container of video says about itself: whether it is whole, and how long it plays.

Only the sizes and names of boxes are read, no picture and no sound: a limited number of short reads, whatever the file says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from app.adapters import media_types

MOST_BOXES = 100_000
"""A fragmented film has two for each second or so. No more are looked at, which takes a quarter of a second."""

MOST_SECONDS = 7 * 24 * 3_600
_MOST_EBML = 1024 * 1024


def seconds_of(file: BinaryIO, kind: str) -> int | None:
    """How long it plays, in whole seconds; None where it does not say."""
    size = file.seek(0, 2)
    try:
        found = _of_webm(file, size) if kind == media_types.WEBM else _of_mp4(file, size)
    except (struct.error, ValueError, OverflowError):
        found = None
    file.seek(0)
    return None if found is None or not 0 < found <= MOST_SECONDS else max(1, round(found))


def is_whole(file: BinaryIO, kind: str) -> bool:
    """Whether the file ends where its boxes end, and has the index without which no player can play it."""
    size = file.seek(0, 2)
    if kind == media_types.WEBM:
        return size > 64
    has_index, ended, left = False, 0, MOST_BOXES
    for name, _, end in _boxes(file, 0, size):
        has_index, ended, left = has_index or name == b"moov", end, left - 1
    file.seek(0)
    return has_index and (ended == size or (not left and ended < size))


def _boxes(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, begin of the content, and end, of each box of this part."""
    for _ in range(MOST_BOXES):
        if end - begin < 8:
            return
        file.seek(begin)
        length, name = struct.unpack(">I4s", file.read(8))
        content = begin + 8
        if length == 1:
            if end - content < 8:
                return
            (length,) = struct.unpack(">Q", file.read(8))
            content += 8
        elif length == 0:
            length = end - begin
        if length < content - begin:
            return
        yield name, content, begin + length
        begin += length


def _of_mp4(file: BinaryIO, size: int) -> float | None:
    for name, begin, end in _boxes(file, 0, size):
        if name == b"moov" and end <= size:
            for inner, content, _ in _boxes(file, begin, end):
                if inner == b"mvhd":
                    return _of_header(file, content)
    return None


def _of_header(file: BinaryIO, content: int) -> float | None:
    file.seek(content)
    (version,) = struct.unpack(">B3x", file.read(4))
    form = ">QQIQ" if version == 1 else ">IIII"
    *_, scale, length = struct.unpack(form, file.read(struct.calcsize(form)))
    return length / scale if scale else None


_SEGMENT, _INFO, _SCALE, _DURATION = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489


def _of_webm(file: BinaryIO, size: int) -> float | None:
    """From the Info of the first segment, which is at the beginning of a file that can be played while it is loaded."""
    file.seek(0)
    begun = file.read(min(size, _MOST_EBML))
    scale, length = 1_000_000, None
    place = 0
    for _ in range(MOST_BOXES):
        element, place = _vint(begun, place, keeps_mark=True)
        count, place = _vint(begun, place, keeps_mark=False)
        if element in {_SEGMENT, _INFO}:
            continue
        content = begun[place : place + count]
        if element == _SCALE:
            scale = int.from_bytes(content, "big")
        elif element == _DURATION:
            (length,) = struct.unpack(">f" if count == 4 else ">d", content)
            return float(length) * scale / 1e9
        place += count
    return None


def _vint(content: bytes, place: int, *, keeps_mark: bool) -> tuple[int, int]:
    """A number of variable length, and the place behind it.

    :raises ValueError: none is there
    """
    first = content[place] if place < len(content) else 0
    length = 9 - first.bit_length()
    if length > 8 or place + length > len(content):
        raise ValueError("no number")
    value = int.from_bytes(content[place : place + length], "big")
    return value if keeps_mark else value & ~(1 << 7 * length), place + length
