"""Pictures that people upload, drawn anew: without metadata or anything hidden, and no larger than they are shown.

The content of a file says what it is, not its name. It is decoded by a program of its own, `app.adapters.image_process`, whose memory
and time are limited.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from app.adapters import image_process
from app.errors.base import InvalidRequest
from app.errors.requests import Unavailable

LARGEST_FILE = 5 * 1024 * 1024
SUFFIX = "webp"
TOO_LONG = "It takes too long to read this picture."

WAIT_SECONDS = 0.5
"""Whoever waits keeps a thread of the web process from everybody else."""

_turn = Lock()


def portrait(content: bytes, *, longest_side: int = 512) -> bytes:
    """The picture as a WebP of at most this many pixels a side, upright, without its metadata."""
    try:
        with _one_at_a_time():
            # No environment and no path to our modules: what decodes a stranger's file learns nothing of us.
            done = subprocess.run(
                [sys.executable, "-I", image_process.__file__, str(longest_side)],
                input=content,
                capture_output=True,
                env={},
                timeout=2 * image_process.MOST_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired as problem:
        raise _refused(TOO_LONG) from problem
    if done.returncode == image_process.TOO_LARGE:
        raise _refused(
            "The picture has too many pixels; at most 25 million can be taken, in a WebP 3 million."
        )
    if done.returncode in {image_process.TOO_SLOW, image_process.STOPPED}:
        raise _refused(TOO_LONG)
    if done.returncode != 0:
        raise _refused("This is no JPEG, PNG or WebP picture that can be read.")
    return done.stdout


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait a moment for the picture that is being drawn in this process, or refuse.

    Drawing one at a time keeps a burst of pictures from taking the memory, and refusing from taking every thread.
    """
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Other pictures are being drawn: try again in a moment.")
    try:
        yield
    finally:
        _turn.release()


def _refused(sentence: str) -> InvalidRequest:
    return InvalidRequest(details={"file": [sentence]})
