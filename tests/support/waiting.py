"""Waiting for what another thread or process is about to do."""

import time


def until(holds, seconds=30.0):
    """Return as soon as `holds()` is true; fail when it has not become so in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
