"""Traces (OpenTelemetry): spans of requests, SQL statements, jobs and mails, where TRACES_URL is set.

`app.observability.spans` makes and sends them, and is imported then only. Without the setting each function here returns at
once, and neither requests nor connections are watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Flask
from werkzeug.utils import import_string

from app.settings import settings

if TYPE_CHECKING:
    from app.observability.spans import Spans

TRACEPARENT = "traceparent"
"""The header of W3C Trace Context, and the name of the same text where it is stored."""

_started: list[Spans] = []
"""One for the process, once an application with the setting exists."""

_NOTHING: Mapping[str, str] = {}
_NO_SPAN = nullcontext()


def init_app(app: Flask) -> None:
    with app.app_context():
        config = settings()
    if config.traces_url and not _started:
        _started.append(import_string("app.observability.spans:Spans")(config))


def started() -> Spans | None:
    return _started[0] if _started else None


def stop() -> None:
    """Send what is left, and make no more spans."""
    while _started:
        _started.pop().stop()


def carried() -> str | None:
    """The context of the current span, as a row stores it; None where nothing is recorded."""
    return _started[0].carried() if _started else None


def metadata() -> dict[str, str] | None:
    """The context of the current span, as a job in the queue carries it."""
    context = carried()
    return {TRACEPARENT: context} if context else None


def facts() -> Mapping[str, str]:
    """What a log line says about the trace that it belongs to."""
    return _started[0].facts() if _started else _NOTHING


def job(name: str, queue: str, metadata: object) -> AbstractContextManager[Any]:
    """The span of a job, as a child of the span that enqueued it."""
    return _started[0].job(name, queue, metadata) if _started else _NO_SPAN


def notice(notice_id: UUID, context: str | None) -> AbstractContextManager[Any]:
    """The span of a delivery, in the trace of the request that wrote the notice, however much later it is."""
    return _started[0].notice(notice_id, context) if _started else _NO_SPAN


def calling(name: str, **facts: str | int) -> AbstractContextManager[Any]:
    """The span of a call to another server, where a span is recorded already."""
    return _started[0].calling(name, facts) if _started else _NO_SPAN


def flush() -> None:
    """Send what is waiting, in a process that is about to end."""
    if _started:
        _started[0].flush()
