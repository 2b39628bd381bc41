"""The files that views answer with, in place of the envelope."""

from __future__ import annotations

from typing import Protocol


class Download(Protocol):
    """What a view returns whose answer is a file."""

    @property
    def content(self) -> bytes: ...

    @property
    def filename(self) -> str: ...

    @property
    def tag(self) -> str: ...
