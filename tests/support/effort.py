"""CPU time of a call: a guard against algorithms whose cost explodes on some text.

The bench measures speed. The limits of tests are more than ten times what was measured, and nothing else on the machine
counts: other threads, other processes, garbage collection.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import thread_time


def seconds(call: Callable[[], object], *, enough: float = 0.0) -> float:
    """The least CPU time of three calls on this thread; the first that takes less than `enough` is the last."""
    least = float("inf")
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(3):
            began = thread_time()
            call()
            least = min(least, thread_time() - began)
            if least < enough:
                break
    finally:
        if was_collecting:
            gc.enable()
    return least
