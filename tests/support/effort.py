"""How much work something is for the processor: a guard against what grows out of hand, on any text.

How fast things are is for the bench to say. The limits that tests set here are more than ten times what was measured, and
nothing else that the machine does counts: other threads, other processes, the collection of garbage.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import thread_time


def seconds(call: Callable[[], object], *, enough: float = 0.0) -> float:
    """The least that the call has taken this thread in three tries; no more tries once it took less than `enough`."""
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
