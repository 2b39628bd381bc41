"""CPU time of a server's processes, by the kernel's account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """What a process has used, its children and theirs; those that have ended since they were waited for, too."""
    return sum(_used(each) for each in _family(pid)) / _TICKS


def _family(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in thread.read_text(encoding="ascii").split():
            yield from _family(int(child))


def _used(pid: int) -> int:
    """Own user and system time, and that of children that were waited for, in ticks."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0  # it has just ended, and its parent knows what it used
    return sum(int(ticks) for ticks in line.rpartition(")")[2].split()[11:15])
