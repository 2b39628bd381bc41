"""`python run_worker.py STEP NUMBER`: the project's own worker, which dies by kill -9 at one step of one chunk of a run.

Run by the tests. The steps are wrapped from outside; the project knows nothing of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.adapters import queue
from app.jobs import runs, workers
from app.services.assigning import carrying, chunks, leases
from tests.chaos.worker import dying
from wsgi import app

STEPS = {
    "before_claim": (leases, "claim", True),
    "after_claim": (runs, "_step", True),
    "before_ledger": (chunks, "_decide", True),
    "before_commit": (chunks, "advance", False),
    "after_commit": (runs, "_step", False),
}


if __name__ == "__main__":
    module, name, is_before = STEPS[sys.argv[1]]
    setattr(module, name, dying(getattr(module, name), int(sys.argv[2]), before=is_before))
    runs.FIRST_CHUNK = runs.LARGEST_CHUNK = runs.SMALLEST_CHUNK
    assert carrying.chunks is chunks
    with app.app_context():
        workers.build_worker([queue.RUNS]).work(logging_level="WARNING")
