"""Questions in files of other platforms: GIFT and Moodle XML, read and written. `docs/quizzes.md` has the subset.

A reader never fails because of one question: what it cannot take it names with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class UnreadableFileError(ValueError):
    """The file as a whole is neither format, or broken."""


@dataclass(frozen=True)
class FileImage:
    """A picture in a file, as it is there, and what it shows in words."""

    content: bytes
    alt: str


@dataclass(frozen=True)
class FileQuestion:
    """One question of a file: its fields as the API takes them, or the reason why it is left out."""

    row: int
    name: str
    fields: Mapping[str, Any] | None = None
    reason: str | None = None
    image: FileImage | None = None
