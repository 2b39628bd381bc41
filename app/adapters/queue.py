"""The RQ job queues: jobs with the ids of notices to deliver, of bulk runs to carry, and of certificates to render.

Notices, runs and certificates themselves are in PostgreSQL, so that Redis may lose any job. Urgent mail and runs have
queues of their own, which do not wait for bulk mail; certificates wait for everything else.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from redis import Redis, exceptions
from rq import Queue, Retry
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer

from app.adapters import redis_patience
from app.adapters.known_jobs import (
    BULK_QUEUE,
    CARRY_RUN,
    CERTIFICATE_QUEUE,
    CERTIFICATES_PER_JOB,
    DELIVER_NOTICES,
    FAILED_JOBS_KEPT_SECONDS,
    NOTICES_PER_JOB,
    RENDER_CERTIFICATES,
    RUN_QUEUE,
    URGENT_QUEUE,
    KnownJob,
)
from app.adapters.redis import connection
from app.enums import Lane
from app.observability import traces
from app.settings import settings

NAMES = {Lane.URGENT: URGENT_QUEUE, Lane.BULK: BULK_QUEUE}
RUNS, CERTIFICATES = RUN_QUEUE, CERTIFICATE_QUEUE
LONGEST_RUN_JOB = LONGEST_CERTIFICATES_JOB = 300
"""Seconds. The job ends by itself long before; RQ then ends one that hangs."""

LONGEST_WHOLE_RUN_JOB = 3_600
"""Seconds. One transaction cannot end before its last line: at the limit, all of it would be rolled back and repeated."""

PER_JOB = {Lane.URGENT: 10, Lane.BULK: NOTICES_PER_JOB}
"""A job occupies its worker until it ends, and the next urgent mail waits for it."""

WORKER_SECONDS = 45
"""A worker that is idle beats every 30 s, for 60 s more than this, and one at work every 5 s, for 20 s more: whose key
expires sooner has missed several beats."""

LOOKED_AT = 20
"""Jobs at the head of the queue, at least one of which is expected to be on the allow-list."""


def worker_connection() -> Redis:
    """A separate pool for a worker, without a timeout: a worker blocks until its next job arrives, or Redis is back."""
    return redis_patience.client(settings().redis_url)


def is_reachable() -> bool:
    try:
        connection().ping()
    except exceptions.RedisError:
        return False
    return True


def jobs(lane: Lane) -> Queue:
    return _named(NAMES[lane])


def runs() -> Queue:
    return _named(RUNS)


def certificates() -> Queue:
    return _named(CERTIFICATES)


def _named(name: str) -> Queue:
    return Queue(name, connection=connection(), serializer=JSONSerializer, job_class=KnownJob)


def depth(ours: Queue) -> dict[str, int]:
    """The number of jobs by state. Abandoned jobs are not put back by asking: the sweep finds what they were about."""
    return {
        "queued": ours.count,
        "started": ours.started_job_registry.get_job_count(cleanup=False),
        "scheduled": ours.scheduled_job_registry.get_job_count(cleanup=False),
        "failed": ours.failed_job_registry.get_job_count(cleanup=False),
    }


def workers(ours: Queue) -> int:
    """How many workers listen to this queue; one that was killed counts for up to a minute more."""
    with connection().pipeline(transaction=False) as pipeline:
        for key in connection().smembers(f"rq:workers:{ours.name}"):
            pipeline.ttl(key)
        return sum(seconds >= WORKER_SECONDS for seconds in pipeline.execute())


def next_notices(lane: Lane) -> list[UUID]:
    """The notices of the next job; empty when no job is queued, or none of the first ones is on the allow-list."""
    ours = jobs(lane)
    for job_id in ours.get_job_ids(0, LOOKED_AT):
        # Fetching a job that Redis has lost also removes it from the queue.
        job = ours.fetch_job(job_id)
        if isinstance(job, KnownJob) and job.refusal is None:
            return [UUID(notice_id) for notice_id in job.args[0]]
    return []


def deliver_notices(notice_ids: Sequence[UUID | str], lane: Lane) -> None:
    """Enqueue these notices for delivery: in batches, one job each, in one round trip to Redis."""
    ids = [str(notice_id) for notice_id in notice_ids]
    batches = [ids[start : start + PER_JOB[lane]] for start in range(0, len(ids), PER_JOB[lane])]
    jobs(lane).enqueue_many([_delivery(batch) for batch in batches])


def next_runs(most: int) -> list[UUID]:
    """The runs of the first jobs in the queue, as far as these are on the allow-list."""
    ours = runs()
    found = [ours.fetch_job(job_id) for job_id in ours.get_job_ids(0, most)]
    return [UUID(job.args[0]) for job in found if isinstance(job, KnownJob) and job.refusal is None]


def carry_run(run_id: UUID, *, is_whole: bool = False) -> None:
    """Enqueue a job that carries this run. RQ does not retry it: the sweep enqueues a run that was abandoned.

    :param is_whole: the run is written in one transaction
    """
    runs().enqueue_call(
        CARRY_RUN,
        args=[str(run_id)],
        job_id=f"run-{run_id}-{secrets.token_hex(3)}",
        description=f"bulk run {run_id}",
        meta=traces.metadata(),
        timeout=LONGEST_WHOLE_RUN_JOB if is_whole else LONGEST_RUN_JOB,
        result_ttl=0,
        failure_ttl=FAILED_JOBS_KEPT_SECONDS,
    )


def render_certificates(certificate_ids: Sequence[UUID]) -> None:
    """Enqueue the rendering of these certificates. A job that fails is not retried: they are rendered when asked for."""
    ids = [str(certificate_id) for certificate_id in certificate_ids]
    batches = [
        ids[start : start + CERTIFICATES_PER_JOB] for start in range(0, len(ids), CERTIFICATES_PER_JOB)
    ]
    certificates().enqueue_many(
        [
            Queue.prepare_data(
                RENDER_CERTIFICATES,
                args=[batch],
                job_id=f"certificates-{batch[0]}-{secrets.token_hex(3)}",
                description=f"{len(batch)} certificates from {batch[0]}",
                meta=traces.metadata(),
                timeout=LONGEST_CERTIFICATES_JOB,
                result_ttl=0,
                failure_ttl=FAILED_JOBS_KEPT_SECONDS,
            )
            for batch in batches
        ]
    )


def _delivery(ids: list[str]) -> EnqueueData:
    waits = [step + 1 for step in settings().notice_retry_seconds[:3]]
    return Queue.prepare_data(
        DELIVER_NOTICES,
        args=[ids],
        # Every job gets a unique id: RQ overwrites a job that is enqueued again under the same one.
        job_id=f"notice-{ids[0]}-{secrets.token_hex(3)}",
        description=f"{len(ids)} notices from {ids[0]}",
        meta=traces.metadata(),
        timeout=int(60 + len(ids) * settings().mail_timeout_seconds),
        retry=Retry(max=len(waits), interval=waits) if waits else None,
        result_ttl=0,
        failure_ttl=FAILED_JOBS_KEPT_SECONDS,
    )
