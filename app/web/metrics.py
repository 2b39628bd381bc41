"""Prometheus metrics at `/metrics`: requests and their durations, outbox, runs, queue, sweep, and database connections.

The workers of one web server count in shared files, so that each of them can report the sum. The state of PostgreSQL
and Redis is read at scrape time. Scrapers need METRICS_TOKEN; without that setting only this machine may read them.
"""

from __future__ import annotations

import ipaddress
import platform
import secrets
from collections.abc import Iterator
from functools import lru_cache

from flask import Blueprint, Request, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from app.adapters import queue, redis
from app.db import advisory_locks
from app.db.session import db
from app.enums import Lane
from app.errors.base import Forbidden, Unauthenticated
from app.observability import alarms, logs
from app.observability.alarms import Alarm
from app.services.assigning import leases
from app.services.messaging import notices_depth
from app.settings import settings
from app.version import VERSION
from app.web import access_log
from app.web.application import Application, Noted, Response

scrapes = Blueprint("metrics", __name__)

_counts = CollectorRegistry()
_answered = Counter(
    "rollcall_http_requests", "Requests answered.", ("method", "route", "status"), registry=_counts
)
_durations = Histogram(
    "rollcall_http_request_duration_seconds",
    "Time from a request's arrival to its answer.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_counts,
)
_connections = Gauge(
    "rollcall_db_pool_connections",
    "Connections of the web workers to PostgreSQL.",
    ("state",),
    multiprocess_mode="livesum",
    registry=_counts,
)

for _counted in (alarms.sounded, redis.failures, redis.openings):
    _counts.register(_counted)

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def init_app(app: Application) -> None:
    app.register_blueprint(scrapes)
    app.after(_count)
    # Registered before the database's own, hence called after it: the request's connection is back in the pool by then.
    app.teardown_appcontext(_measure_pool)


@scrapes.get(logs.METRICS)
def show_metrics() -> Response:
    """All metrics, in Prometheus' text format."""
    _authorize()
    current = CollectorRegistry()
    current.register(_CurrentState())
    text = generate_latest(_all_counts()) + generate_latest(current)
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _authorize() -> None:
    token = settings().metrics_token
    if token:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(sent.encode(), token.encode()):
            raise Unauthenticated("Send `Authorization: Bearer <METRICS_TOKEN>`.")
    elif not _comes_from_here():
        raise Forbidden("Without METRICS_TOKEN only this machine reads the metrics.")


def _comes_from_here() -> bool:
    # Behind a proxy on this machine that the settings do not mention, every client seems to be local.
    is_forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if is_forwarded and not settings().trusted_proxies:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _all_counts() -> CollectorRegistry:
    for each in Alarm:
        # Reported as 0 before the first alarm, so that the first one is a rise.
        alarms.sounded.labels(each.value)
    shared = settings().prometheus_multiproc_dir
    if not shared:
        return _counts
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=shared)
    return registry


def _count(response: Response, request: Request, noted: Noted) -> Response:
    if request.path in logs.PROBES:
        return response
    method = request.method if request.method in METHODS else "OTHER"
    answered, duration = _meters(method, access_log.route_of(request), response.status_code)
    answered.inc()
    duration.observe(access_log.seconds(noted))
    return response


@lru_cache(maxsize=4_096)
def _meters(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return _answered.labels(method, route, str(status)), _durations.labels(method, route)


def _measure_pool(_error: BaseException | None) -> None:
    # Jobs and commands have app contexts, too, and connections that are not the web server's.
    pool = db.engine.pool if "began_at" in g else None
    if isinstance(pool, QueuePool):
        in_use, idle, allowed = _gauges()
        in_use.set(pool.checkedout())
        idle.set(pool.checkedin())
        allowed.set(2 * pool.size())


@lru_cache(maxsize=1)
def _gauges() -> tuple[Gauge, Gauge, Gauge]:
    return _connections.labels("in_use"), _connections.labels("idle"), _connections.labels("allowed")


class _CurrentState(Collector):
    """The state of PostgreSQL and Redis at scrape time; a server that does not respond reports 0 and no figures."""

    def collect(self) -> Iterator[Metric]:
        build = InfoMetricFamily("rollcall_build", "What is running.")
        build.add_metric((), {"version": VERSION, "python": platform.python_version()})
        yield build
        up = GaugeMetricFamily("rollcall_dependency_up", "Whether it answers.", labels=("dependency",))
        for dependency, read in (("postgresql", _database), ("redis", _queue)):
            try:
                yield from read()
            except (SQLAlchemyError, RedisError):
                up.add_metric((dependency,), 0)
            else:
                up.add_metric((dependency,), 1)
        yield up


def _database() -> list[Metric]:
    with db.engine.connect() as connection:
        is_swept = advisory_locks.is_taken(connection, advisory_locks.SWEEP)
    sweep = GaugeMetricFamily("rollcall_sweep_running", "Whether a process holds the lock of the sweep.")
    sweep.add_metric((), is_swept)
    return [*_outbox(), *_runs(), sweep]


def _runs() -> list[Metric]:
    depth = leases.measure()
    runs = GaugeMetricFamily("rollcall_runs", "Unfinished bulk runs.", labels=("state",))
    runs.add_metric(("QUEUED",), depth.queued)
    runs.add_metric(("RUNNING",), depth.running)
    late = GaugeMetricFamily(
        "rollcall_runs_late_seconds", "How long the bulk run has waited that waits longest for a worker."
    )
    late.add_metric((), depth.late_seconds)
    return [runs, late]


def _outbox() -> list[Metric]:
    depth = notices_depth.measure()
    notices = GaugeMetricFamily(
        "rollcall_outbox_notices", f"Notices, counted up to {notices_depth.COUNTED}.", labels=("state",)
    )
    notices.add_metric(("QUEUED",), depth.queued)
    notices.add_metric(("FAILED",), depth.failed)
    late = GaugeMetricFamily(
        "rollcall_outbox_late_seconds", "How long the notice that is due longest has been due."
    )
    late.add_metric((), depth.late_seconds)
    urgent_late = GaugeMetricFamily(
        "rollcall_outbox_urgent_late_seconds", "How long the urgent notice that is due longest has been due."
    )
    urgent_late.add_metric((), depth.urgent_late_seconds)
    return [notices, late, urgent_late]


def _queue() -> list[Metric]:
    jobs = GaugeMetricFamily("rollcall_queue_jobs", "Jobs in Redis.", labels=("queue", "state"))
    workers = GaugeMetricFamily("rollcall_queue_workers", "Workers that listen.", labels=("queue",))
    queues = {
        **{lane.value: queue.jobs(lane) for lane in Lane},
        "runs": queue.runs(),
        "certificates": queue.certificates(),
    }
    for name, ours in queues.items():
        workers.add_metric((name,), queue.workers(ours))
        for state, count in queue.depth(ours).items():
            jobs.add_metric((name, state), count)
    return [jobs, workers]
