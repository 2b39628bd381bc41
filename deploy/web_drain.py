"""Draining of the web server: after SIGTERM it serves on for a while, and `/readyz` says that it is leaving.

A load balancer takes time to notice that a server stops, and until then sends it requests, which a closed socket would
reset. A second SIGTERM ends the wait.
"""

from __future__ import annotations

import mmap
import signal
from typing import Any

_flag = mmap.mmap(-1, 1)
"""Memory that the arbiter shares with all workers, those that it forks later included."""


def is_draining() -> bool:
    return _flag[0] != 0


def arrange(arbiter: Any, seconds: int) -> None:
    """Let gunicorn's arbiter drain for so many seconds before it stops; 0: it stops at once."""
    if not seconds:
        return
    stop = arbiter.handle_term

    def on_term() -> None:
        if is_draining():
            stop()
        _flag[0] = 1
        arbiter.log.info("Draining for %s s: /readyz is 503, requests are served.", seconds)
        # In a signal handler the arbiter only queues signals, and this is one more.
        signal.signal(signal.SIGALRM, lambda *_: arbiter.SIG_QUEUE.put_nowait(signal.SIGTERM))
        signal.alarm(seconds)

    arbiter.handle_term = on_term
