"""The settings of gunicorn, the same for every command that starts it: size, limits, its log, where its workers count.

Nothing of the application is imported: the workers do that, each for itself, so that a reload finds new code.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from environment import load, read_environment

_COUNTS = "PROMETHEUS_MULTIPROC_DIR"

# Before a port is opened and a worker tries.
load()

_environment = read_environment()
_is_folder_ours = not _environment.get(_COUNTS)
if _is_folder_ours:
    _environment[_COUNTS] = tempfile.mkdtemp(prefix="rollcall-counts-")
_folder = Path(_environment[_COUNTS])
# prometheus-client reads it when it is imported, which is why it is not imported here.
os.environ[_COUNTS] = str(_folder)


class Formatter(logging.Formatter):
    """The same keys as the application's lines."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": "-",
        }
        if record.exc_info:
            line["message"] += "\n" + self.formatException(record.exc_info)
        return json.dumps(line)


_format = _environment.get("LOG_FORMAT") or "auto"
if _format == "json" or (_format == "auto" and _environment.get("APP_ENV") == "production"):
    logconfig_dict = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": Formatter}},
        "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "WARNING", "handlers": ["err"]},
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": ["err"], "propagate": False},
            "gunicorn.access": {"level": "WARNING", "handlers": ["err"], "propagate": False},
        },
    }

workers = int(_environment.get("WEB_CONCURRENCY") or 2)
threads = int(_environment.get("WEB_THREADS") or 4)

# The workers tell their heartbeat through a file; on a slow disk that alone would get them killed.
_memory = Path("/dev") / "shm"
worker_tmp_dir = str(_memory) if _memory.is_dir() else None

# The default path of the control socket belongs to the user, not to the server: a second server would take it from the first.
control_socket_disable = True

# Threads that no client keeps for ever.
worker_class = "deploy.web_worker.Worker"

# Who is a proxy of ours is TRUSTED_PROXIES, in the application. gunicorn's own rule would believe any program of this
# machine, and read a path and a scheme out of headers.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# The application answers for addresses up to a little less than this, in its own words.
limit_request_line = 8190


def on_starting(_server: Any) -> None:
    """Counts begin with the server: those of an earlier one are gone."""
    _folder.mkdir(parents=True, exist_ok=True)
    for counts in _folder.glob("*.db"):
        counts.unlink()


def post_worker_init(_worker: Any) -> None:
    """What was imported stays as long as the worker: looking through it for garbage stops all its threads for nothing."""
    gc.collect()
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    """What a worker counted stays; what it held is free."""
    for held in _folder.glob(f"gauge_live*_{worker.pid}.db"):
        held.unlink(missing_ok=True)


def on_exit(_server: Any) -> None:
    if _is_folder_ours:
        shutil.rmtree(_folder, ignore_errors=True)
