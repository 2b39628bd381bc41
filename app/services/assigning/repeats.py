"""Whether the lines of a run may name a user twice, found out while they are staged.

Identifiers of one kind are unique, so lines of one kind with different keys name different users. Keys are remembered as
hashes, 8 bytes each: two that share a hash cost a run a look that it did not need, and nothing else.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from uuid import UUID

PARTS = 64
"""Hashes are compared part by part, so that few of them are Python objects at a time."""


class Repeats:
    """What has been seen of the lines of one run."""

    def __init__(self) -> None:
        self._kind: str | None = None
        self._is_mixed = False
        self._parts = [array("q") for _ in range(PARTS)]

    def add(self, course_id: UUID | None, lines: Iterable[tuple[str, str | None]]) -> None:
        """Take note of the kinds and keys of lines about one course. A line without a key names no user."""
        of_course = hash(course_id)
        for kind, key in lines:
            if key is None:
                continue
            if kind != self._kind:
                self._is_mixed = self._kind is not None
                self._kind = kind
            hashed = of_course ^ hash(key.lower() if kind == "user_id" else key)
            self._parts[hashed % PARTS].append(hashed)

    def are_possible(self) -> bool:
        return self._is_mixed or any(len(set(part)) < len(part) for part in self._parts)
