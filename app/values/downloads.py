"""Files that views answer with, in place of the envelope."""

from __future__ import annotations

from typing import NamedTuple


class Download(NamedTuple):
    """A file in memory, and what its headers say. `tag` is of the content: its ETag."""

    content: bytes
    filename: str
    media_type: str
    tag: str
