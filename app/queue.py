"""Redis as a doorbell: RQ jobs, named by string. What is owed stands in PostgreSQL, never here."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Flask, current_app
from redis import Redis
from rq import Queue, Retry
from rq.serializers import JSONSerializer

from app.settings import settings

QUEUE_NAME = "rollcall"
DELIVER_NOTICES = "app.jobs.notices.deliver"

_EXTENSION = "rollcall-redis"


def init_app(app: Flask) -> None:
    with app.app_context():
        timeout = settings().redis_timeout_seconds
        url = settings().redis_url
    app.extensions[_EXTENSION] = Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=timeout, health_check_interval=30
    )


def connection() -> Redis:
    """The shared connection pool, impatient: a request never waits long for Redis."""
    found: Redis = current_app.extensions[_EXTENSION]
    return found


def jobs() -> Queue:
    return Queue(QUEUE_NAME, connection=connection(), serializer=JSONSerializer)


def deliver_notices(notice_ids: Sequence[UUID]) -> None:
    """Ask a worker to send these notices."""
    ids = [str(notice_id) for notice_id in notice_ids]
    waits = [step + 1 for step in settings().notice_retry_seconds[:3]] or [1]
    jobs().enqueue(
        DELIVER_NOTICES,
        ids,
        job_id=f"notice-{ids[0]}",
        retry=Retry(max=len(waits), interval=waits),
        result_ttl=0,
    )
