"""RQ jobs, which tell workers which notices to look at. What is owed stands in PostgreSQL: Redis may lose any job."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from redis import Redis, exceptions
from rq import Queue, Retry
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer

from app.known_jobs import DELIVER_NOTICES, FAILED_JOBS_KEPT_SECONDS, NOTICES_PER_JOB, KnownJob
from app.redis import connection
from app.settings import settings

QUEUE_NAME = "rollcall"

LOOKED_AT = 20
"""Jobs at the head of the queue, of which one is expected to be ours."""


def patient_connection() -> Redis:
    """A pool of one's own for a worker, which waits for its next job as long as it takes."""
    return Redis.from_url(settings().redis_url, socket_timeout=None, health_check_interval=30)


def is_reachable() -> bool:
    try:
        connection().ping()
    except exceptions.RedisError:
        return False
    return True


def jobs() -> Queue:
    return Queue(QUEUE_NAME, connection=connection(), serializer=JSONSerializer, job_class=KnownJob)


def depth() -> dict[str, int]:
    """Jobs by where they are."""
    ours = jobs()
    return {
        "queued": ours.count,
        "started": ours.started_job_registry.get_job_count(cleanup=False),
        "scheduled": ours.scheduled_job_registry.get_job_count(cleanup=False),
        "failed": ours.failed_job_registry.get_job_count(cleanup=False),
    }


def next_notices() -> list[UUID]:
    """The notices of the job that is taken next; none when no job waits, or none of the first ones is ours."""
    ours = jobs()
    for job_id in ours.get_job_ids(0, LOOKED_AT):
        # A job that Redis has lost is taken out of the queue by looking for it.
        job = ours.fetch_job(job_id)
        if isinstance(job, KnownJob) and job.refusal is None:
            return [UUID(notice_id) for notice_id in job.args[0]]
    return []


def deliver_notices(notice_ids: Sequence[UUID | str]) -> None:
    """Ask workers to send these notices: a job for each hundred, all of them in one exchange with Redis."""
    ids = [str(notice_id) for notice_id in notice_ids]
    batches = [ids[start : start + NOTICES_PER_JOB] for start in range(0, len(ids), NOTICES_PER_JOB)]
    jobs().enqueue_many([_delivery(batch) for batch in batches])


def _delivery(ids: list[str]) -> EnqueueData:
    waits = [step + 1 for step in settings().notice_retry_seconds[:3]]
    return Queue.prepare_data(
        DELIVER_NOTICES,
        args=[ids],
        # Every ring has an id of its own: RQ overwrites a job that is rung again under the same one.
        job_id=f"notice-{ids[0]}-{secrets.token_hex(3)}",
        description=f"{len(ids)} notices from {ids[0]}",
        timeout=int(60 + len(ids) * settings().mail_timeout_seconds),
        retry=Retry(max=len(waits), interval=waits) if waits else None,
        result_ttl=0,
        failure_ttl=FAILED_JOBS_KEPT_SECONDS,
    )
