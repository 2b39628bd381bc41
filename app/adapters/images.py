"""Uploaded images, re-encoded: without metadata or hidden content, and no larger than they are shown.

The format is detected from the content of a file, not from its name. The file is decoded by a sandboxed subprocess,
`app.adapters.image_process`, with limited memory and CPU time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from app.adapters import image_process
from app.errors.base import InvalidRequest
from app.errors.requests import Unavailable

LARGEST_FILE = 5 * 1024 * 1024
SUFFIX = "webp"
TOO_LONG = "It takes too long to read this picture."

WAIT_SECONDS = 0.5
"""A waiting request occupies a thread of the web process."""

MOST_SECONDS = 5 * image_process.MOST_SECONDS
"""From start to end, which on a loaded machine is several times the processor time: good pictures were refused there."""

_turn = Lock()


def portrait(content: bytes, *, longest_side: int = 512) -> bytes:
    """The picture as a WebP of at most this many pixels a side, upright, without its metadata."""
    (picture,) = _drawn(content, str(longest_side))
    return picture


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a WebP that this module has made."""
    kind, start = picture[12:16], 20
    if kind == b"VP8X":
        return (
            int.from_bytes(picture[start + 4 : start + 7], "little") + 1,
            int.from_bytes(picture[start + 7 : start + 10], "little") + 1,
        )
    if kind == b"VP8L":
        bits = int.from_bytes(picture[start + 1 : start + 5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = picture[start + 6 : start + 8], picture[start + 8 : start + 10]
    return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(height, "little") & 0x3FFF


def cut(content: bytes, sizes: Sequence[tuple[int, int]]) -> list[bytes]:
    """The middle of the picture as a WebP in each of these sizes, the largest first; upright, without its metadata.

    :param sizes: width and height in pixels, of the same proportions; a picture is never enlarged
    """
    return _drawn(content, *(f"{width}x{height}" for width, height in sizes))


def _drawn(content: bytes, *sizes: str) -> list[bytes]:
    try:
        with _one_at_a_time():
            # No environment and no path to our modules: the process that decodes an untrusted file knows no secret.
            done = subprocess.run(
                [sys.executable, "-I", image_process.__file__, *sizes],
                input=content,
                capture_output=True,
                env={},
                timeout=MOST_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise _refused(TOO_LONG) from error
    if done.returncode == image_process.TOO_LARGE:
        raise _refused(
            "The picture has too many pixels; at most 25 million can be taken, in a WebP 3 million."
        )
    if done.returncode in {image_process.TOO_SLOW, image_process.STOPPED}:
        raise _refused(TOO_LONG)
    if done.returncode != 0:
        raise _refused("This file is not a readable JPEG, PNG or WebP image.")
    return list(_parted(done.stdout))


def _parted(written: bytes) -> Iterator[bytes]:
    """The pictures, each behind its length."""
    place = 0
    while place < len(written):
        begin = place + image_process.LENGTH_BYTES
        place = begin + int.from_bytes(written[place:begin], "big")
        yield written[begin:place]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait a moment for the picture that this process is re-encoding, or refuse.

    One at a time keeps a burst of uploads from using up the memory; refusing keeps it from occupying every thread.
    """
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("The server is processing other pictures: try again in a moment.")
    try:
        yield
    finally:
        _turn.release()


def _refused(sentence: str) -> InvalidRequest:
    return InvalidRequest(details={"file": [sentence]})
