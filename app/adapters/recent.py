"""A small cache in the memory of one process: the entries that were set last, each for a limited time."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Recent(Generic[Entry]):
    """Entries by name. An entry is kept for `seconds`, and at most `most` of them.

    Only for what can never become wrong under its name: other processes learn of no change.
    """

    def __init__(self, *, seconds: float, most: int) -> None:
        self._seconds, self._most = seconds, most
        self._entries: OrderedDict[str, tuple[float, Entry]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str) -> Entry | None:
        found = self._entries.get(name)
        return found[1] if found is not None and monotonic() < found[0] else None

    def set(self, name: str, entry: Entry) -> None:
        with self._lock:
            self._entries[name] = monotonic() + self._seconds, entry
            self._entries.move_to_end(name)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
