"""Pictures that people upload, drawn anew: no metadata, no trick, and no larger than they are shown.

What a file is, its content says and not its name. It is decoded in a process of its own, `app.drawing`, which has less
memory and less time than some files ask for.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from app import drawing
from app.errors import InvalidRequest, Unavailable

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
                [sys.executable, "-I", drawing.__file__, str(longest_side)],
                input=content,
                capture_output=True,
                env={},
                timeout=2 * drawing.MOST_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired as problem:
        raise _refused(TOO_LONG) from problem
    if done.returncode == drawing.TOO_LARGE:
        raise _refused(
            "The picture has too many pixels; at most 25 million can be taken, in a WebP 3 million."
        )
    if done.returncode in {drawing.TOO_SLOW, drawing.STOPPED}:
        raise _refused(TOO_LONG)
    if done.returncode != 0:
        raise _refused("This is no JPEG, PNG or WebP picture that can be read.")
    return done.stdout


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """A burst of pictures costs neither memory nor, by more than a moment, the time of others."""
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Other pictures are being drawn: try again in a moment.")
    try:
        yield
    finally:
        _turn.release()


def _refused(sentence: str) -> InvalidRequest:
    return InvalidRequest(details={"file": [sentence]})
