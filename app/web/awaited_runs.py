"""Runs whose end the client waits for: `Prefer: wait=N` on the request that a worker carries (RFC 7240).

The wait begins after the commit, when a worker can see the run, and holds no connection. A run that ends in time is
answered with its report, as if the request had carried it; of one that is too long for a report, or that failed, the
record is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, g

from app.services.assigning import assignments_runs, in_request
from app.values.identifiers import MOST_ROWS
from app.web import preferences
from app.web.access import caller

Render = Callable[[Any], Response]


def await_end(run_id: UUID, record_of: Render) -> None:
    """Let this request wait for the end of the run, if the client prefers that."""
    if preferences.wait_seconds():
        g.awaited = (run_id, record_of)


def render_with(render: Render) -> None:
    """How the report of an awaited run is written."""
    g.render_report = render


def wait(response: Response) -> Response:
    """The response to a request whose transaction has ended: this one, or what it is when the run has ended."""
    awaited = g.pop("awaited", None)
    if awaited is None:
        return response
    run_id, record_of = awaited
    viewer = caller()
    if not preferences.wait_until(lambda: assignments_runs.has_ended(viewer, run_id)):
        return response
    run = assignments_runs.get_visible(viewer, run_id)
    if run.next_batch <= run.batches or run.last_error is not None or run.requested > MOST_ROWS:
        answer: Response = record_of(run)
    else:
        answer = g.render_report(in_request.report_of(run))
    return preferences.applied(answer, f"wait={preferences.wait_seconds()}")
