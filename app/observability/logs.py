"""Logs on standard error, for people or for machines: what happened, in which request or job, and nobody's secrets.

A line of access per request names the route and not the address, so that no query value, no id in a path and no body
is ever written. Whatever a person sent that gets into a message cannot end its line or colour it.
"""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import msgspec
from flask import Flask, Response, g, has_request_context, request

from app.observability import redaction
from app.settings import settings
from config import Config

METRICS = "/metrics"
PROBES = frozenset({"/healthz", "/readyz", METRICS})
"""Asked every few seconds by machines: answered however they come, and not worth a line."""

NO_ROUTE = "-"

access = logging.getLogger("app.requests")

_about: ContextVar[dict[str, str] | None] = ContextVar("rollcall-about", default=None)


def init_app(app: Flask) -> None:
    with app.app_context():
        config = settings()
    logging.config.dictConfig(arrangement(config))
    app.before_request(_start_clock)
    app.after_request(_tell_access)


def arrangement(config: Config) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything that speaks in our processes, in one format."""
    as_json = config.log_format == "json" or (config.log_format == "auto" and config.app_env == "production")
    in_test = config.app_env == "test"
    # A mail that is only logged is there to be read; in production it is as private as any.
    verbatim = [] if config.app_env == "production" else ["app.mailer"]
    told = {"handlers": ["err"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"about": {"()": About}, "news": {"()": News}},
        "formatters": {"ours": {"()": JsonFormatter if as_json else LineFormatter, "verbatim": verbatim}},
        "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "ours", "filters": ["about"]}},
        "loggers": {
            "app": {"level": config.log_level, "handlers": ["err"], "propagate": in_test},
            "rq": {"level": config.log_level, **told},
            "rq.worker": {"filters": ["news"]},
            "gunicorn.error": {"level": "INFO", **told},
            "gunicorn.access": {"level": "WARNING", **told},
        },
        # In a test the root belongs to the test.
        **({} if in_test else {"root": {"level": "WARNING", "handlers": ["err"]}}),
    }


@contextmanager
def about(**named: object) -> Iterator[None]:
    """Whatever is logged inside names the job, the notice or the chore that it is about."""
    outer = _about.get() or {}
    token = _about.set({**outer, **{name: str(value) for name, value in named.items() if value}})
    try:
        yield
    finally:
        _about.reset(token)


class About(logging.Filter):
    """Adds to each record what it is about, and the request's id: `-` outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = g.get("request_id", "-") if has_request_context() else "-"
        record.about = {**(_about.get() or {}), **getattr(record, "about", {})}
        return True


class News(logging.Filter):
    """Drops what RQ logs twice a minute, whether or not anything has happened."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO or "cleaning" not in str(record.msg)


class _Formatter(logging.Formatter):
    def __init__(self, *, verbatim: list[str]) -> None:
        super().__init__()
        self.verbatim = frozenset(verbatim)

    def told(self, record: logging.LogRecord) -> str:
        """The message and, below it, the traceback, without what is nobody's business."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text if record.name in self.verbatim else redaction.redacted(text)


class LineFormatter(_Formatter):
    """A line that begins with the time; what follows it of the same record begins with a bar."""

    CONTINUATION = "\n  | "

    def format(self, record: logging.LogRecord) -> str:
        known = " ".join(
            f"{name}={'-' if value is None else value}" for name, value in _known(record).items()
        )
        head = f"{_time(record)} {record.levelname} {record.name} [{record.__dict__.get('request_id', '-')}]"
        lines = [redaction.escaped(line) for line in self.told(record).split("\n")]
        lines[0] += f" ({known})" if known else ""
        return f"{head} {self.CONTINUATION.join(lines)}"


class JsonFormatter(_Formatter):
    """An object on a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": redaction.escaped(self.told(record), keep="\n"),
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


def _start_clock() -> None:
    g.began_at = perf_counter()


def route() -> str:
    """The template of the request's path; a path that matches none is not repeated."""
    return request.url_rule.rule if request.url_rule else NO_ROUTE


def seconds() -> float:
    """How long the request has taken so far."""
    return perf_counter() - float(g.get("began_at", perf_counter()))


def _tell_access(response: Response) -> Response:
    is_idle_talk = request.path in PROBES and response.status_code < 400
    if is_idle_talk or not access.isEnabledFor(logging.INFO):
        return response
    caller_id = g.get("caller_id")
    facts = {
        "method": request.method,
        "route": route(),
        "status": response.status_code,
        "duration_ms": round(seconds() * 1000, 1),
        "user_id": str(caller_id) if caller_id else None,
        "ip": request.remote_addr,
    }
    access.info("answered", extra={"about": facts})
    return response
