"""How the floor is served: as many processes and threads as the image has, and gunicorn's own worker."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

workers, threads = 2, 4
worker_class = "gthread"
worker_tmp_dir = str(_memory) if (_memory := Path("/dev") / "shm").is_dir() else None
control_socket_disable = True
loglevel = "error"


def post_worker_init(_worker: Any) -> None:
    gc.collect()
    gc.freeze()
