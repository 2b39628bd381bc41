"""gunicorn's settings for every command that starts it: workers, limits, log format, and the metrics directory.

The application is not imported here: each worker imports it, so a reload loads new code.
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

from deploy import web_drain
from environment import load, read_environment

_METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"

# Invalid settings end the process before it opens a port or forks a worker.
_settings = load()

_environment = read_environment()
_is_folder_ours = not _environment.get(_METRICS_DIR)
if _is_folder_ours:
    _environment[_METRICS_DIR] = tempfile.mkdtemp(prefix="rollcall-counts-")
_folder = Path(_environment[_METRICS_DIR])
# prometheus-client reads it when it is imported, which is why it is not imported here.
os.environ[_METRICS_DIR] = str(_folder)


class Formatter(logging.Formatter):
    """JSON lines with the same keys as the application's."""

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

# The heartbeat of a worker is a file; a slow disk would delay it until the arbiter kills the worker.
_memory = Path("/dev") / "shm"
worker_tmp_dir = str(_memory) if _memory.is_dir() else None

# The default path of the control socket belongs to the user, not to the server: a second server would take it from the first.
control_socket_disable = True

# gunicorn's threads, protected against slow clients.
worker_class = "deploy.web_worker.Worker"

# The application decides which proxies are trusted, by TRUSTED_PROXIES. gunicorn's own rule would trust any program on
# this machine, and take a path and a scheme from its headers.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# The application refuses request lines a little shorter than this with a problem of its own.
limit_request_line = 8190


def on_starting(_server: Any) -> None:
    """Delete the metrics of an earlier server."""
    _folder.mkdir(parents=True, exist_ok=True)
    for counts in _folder.glob("*.db"):
        counts.unlink()


def when_ready(server: Any) -> None:
    web_drain.arrange(server, _settings.drain_seconds)


def post_worker_init(_worker: Any) -> None:
    """Exclude what was imported from garbage collection: it lives as long as the worker, and a scan stops all threads."""
    gc.collect()
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    """Keep the counters of a worker that has exited, and drop its live gauges."""
    for held in _folder.glob(f"gauge_live*_{worker.pid}.db"):
        held.unlink(missing_ok=True)


def on_exit(_server: Any) -> None:
    if _is_folder_ours:
        shutil.rmtree(_folder, ignore_errors=True)
