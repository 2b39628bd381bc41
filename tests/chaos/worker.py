"""`python worker.py STEP`: the project's own worker, which dies by kill -9 at one step of its second mail.

Run by the tests. The steps are wrapped from outside; the project knows nothing of them.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import wraps
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.jobs import notices, workers
from wsgi import app

DIES_AT_CALL = 2


def die():
    """The worker first: no process is left to record that its work horse died."""
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def dying(step, number, *, before):
    """The step, in whose call of this number the worker dies."""
    calls = count(1)

    @wraps(step)
    def wrapped(*arguments):
        is_last = next(calls) == number
        if is_last and before:
            die()
        result = step(*arguments)
        if is_last:
            die()
        return result

    return wrapped


STEPS = {
    "before_claim": ("_next_mail", True),
    "after_claim": ("_next_mail", False),
    "after_send": ("_send", False),
    "after_mark": ("_mark_sent", False),
}

if __name__ == "__main__":
    name, is_before = STEPS[sys.argv[1]]
    setattr(notices, name, dying(getattr(notices, name), DIES_AT_CALL, before=is_before))
    with app.app_context():
        workers.build_worker().work(logging_level="WARNING")
