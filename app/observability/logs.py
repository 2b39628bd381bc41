"""Structured logs on standard error, as lines or JSON: with the id of the request or job, and secrets redacted.

Text from clients cannot break a log line or control the terminal (log injection). `app.web.access_log` writes the line
of each request.
"""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import Flask, g, has_request_context

from app.observability import redaction, traces
from app.settings import settings
from config import Config

METRICS = "/metrics"
PROBES = frozenset({"/healthz", "/readyz", METRICS})
"""Requested every few seconds by monitoring: answered under every host name, and not logged."""

_about: ContextVar[dict[str, str] | None] = ContextVar("rollcall-about", default=None)


def init_app(app: Flask) -> None:
    with app.app_context():
        config = settings()
    logging.config.dictConfig(logging_config(config))


def logging_config(config: Config) -> dict[str, Any]:
    """The argument of `logging.config.dictConfig`: all loggers of a process in one format."""
    as_json = config.log_format == "json" or (config.log_format == "auto" and config.app_env == "production")
    in_test = config.app_env == "test"
    # In development a logged mail is there to be read; in production it is as private as any message.
    verbatim = [] if config.app_env == "production" else ["app.mailer"]
    to_stderr = {"handlers": ["err"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"about": {"()": ContextFilter}, "routine": {"()": RoutineFilter}},
        "formatters": {"ours": {"()": JsonFormatter if as_json else LineFormatter, "verbatim": verbatim}},
        "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "ours", "filters": ["about"]}},
        "loggers": {
            "app": {"level": config.log_level, "handlers": ["err"], "propagate": in_test},
            "rq": {"level": config.log_level, **to_stderr},
            "rq.worker": {"filters": ["routine"]},
            "gunicorn.error": {"level": "INFO", **to_stderr},
            "gunicorn.access": {"level": "WARNING", **to_stderr},
            # Of a collector that is away, once: each attempt is a warning.
            "opentelemetry": {"level": "ERROR"},
        },
        # In a test the root logger belongs to the test.
        **({} if in_test else {"root": {"level": "WARNING", "handlers": ["err"]}}),
    }


@contextmanager
def about(**named: object) -> Iterator[None]:
    """Add the job, notice or chore to every log record inside the block."""
    outer = _about.get() or {}
    token = _about.set({**outer, **{name: str(value) for name, value in named.items() if value}})
    try:
        yield
    finally:
        _about.reset(token)


class ContextFilter(logging.Filter):
    """Adds the context of `about` and the trace to each record, and the request id: `-` outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = g.get("request_id", "-") if has_request_context() else "-"
        record.about = {**traces.facts(), **(_about.get() or {}), **getattr(record, "about", {})}
        return True


class RoutineFilter(logging.Filter):
    """Drops the routine messages that RQ logs twice a minute."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO or "cleaning" not in str(record.msg)


class _Formatter(logging.Formatter):
    def __init__(self, *, verbatim: list[str]) -> None:
        super().__init__()
        self.verbatim = frozenset(verbatim)

    def message(self, record: logging.LogRecord) -> str:
        """The message and, below it, the traceback, with secrets redacted."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text if record.name in self.verbatim else redaction.redacted(text)


class LineFormatter(_Formatter):
    """A line that begins with the time; continuation lines of the same record begin with a bar."""

    CONTINUATION = "\n  | "

    def format(self, record: logging.LogRecord) -> str:
        known = " ".join(
            f"{name}={'-' if value is None else value}" for name, value in _known(record).items()
        )
        head = f"{_time(record)} {record.levelname} {record.name} [{record.__dict__.get('request_id', '-')}]"
        lines = [redaction.escaped(line) for line in self.message(record).split("\n")]
        lines[0] += f" ({known})" if known else ""
        return f"{head} {self.CONTINUATION.join(lines)}"


class JsonFormatter(_Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": redaction.escaped(self.message(record), keep="\n"),
            "request_id": record.__dict__.get("request_id", "-"),
            **_known(record),
        }
        return msgspec.json.encode(line, enc_hook=str).decode()


def _known(record: logging.LogRecord) -> dict[str, Any]:
    known = redaction.without_secrets(record.__dict__.get("about", {}))
    return {name: redaction.escaped(fact) if isinstance(fact, str) else fact for name, fact in known.items()}


def _time(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
