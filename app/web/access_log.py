"""The access log: one line per request, with the route and not the URL.

So no query value, no id in a path and no body is ever written.
"""

from __future__ import annotations

import logging
from time import perf_counter

from flask import Request

from app.observability.logs import PROBES
from app.web.application import Application, Noted, Response

NO_ROUTE = "-"

_log = logging.getLogger("app.requests")


def init_app(app: Application) -> None:
    app.before(_start_clock)
    app.after(_write_line)


def route_of(request: Request) -> str:
    """The route template of the request; a path that matches none is not logged."""
    return request.url_rule.rule if request.url_rule else NO_ROUTE


def seconds(noted: Noted) -> float:
    """How long the request has taken so far."""
    now = perf_counter()
    return now - float(noted.get("began_at", now))


def _start_clock(_request: Request, noted: Noted) -> None:
    noted.began_at = perf_counter()


def _write_line(response: Response, request: Request, noted: Noted) -> Response:
    is_routine = request.path in PROBES and response.status_code < 400
    if is_routine or not _log.isEnabledFor(logging.INFO):
        return response
    caller_id = noted.get("caller_id")
    facts = {
        "method": request.method,
        "route": route_of(request),
        "status": response.status_code,
        "duration_ms": round(seconds(noted) * 1000, 1),
        "user_id": str(caller_id) if caller_id else None,
        "ip": request.remote_addr,
    }
    record = logging.LogRecord(_log.name, logging.INFO, __file__, 0, "answered", (), None)
    record.about = facts
    # `info` would look through the stack for the line that called it, which is always this one.
    _log.handle(record)
    return response
