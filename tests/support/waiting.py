"""A wait loop with a deadline, for what another thread or process does."""

import time


def until(holds, seconds=30.0):
    """Return as soon as `holds()` is true; fail if it is not after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
