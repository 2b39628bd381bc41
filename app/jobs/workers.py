"""RQ workers that run the jobs of an allow list, and fail all others."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rq import Queue, SpawnWorker, Worker
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.serializers import JSONSerializer

from app.adapters import queue
from app.adapters.known_jobs import KnownJob
from app.db.session import db
from app.enums import Lane
from app.observability import alarms
from app.observability.alarms import Alarm


class RefusesUnknownJobs:
    """A worker that starts no process for a job that is not on the allow list."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        refusal = job.refusal if isinstance(job, KnownJob) else "it was not compared with the list"
        if refusal is None:
            super().execute_job(job, queue)  # type: ignore[misc]
            return
        alarms.sound(Alarm.JOB_REFUSED, f"a job was refused: {refusal}", job_id=job.id, queue=queue.name)
        self.handle_job_failure(job, queue, exc_string=f"Refused: {refusal}.")  # type: ignore[attr-defined]
        IntermediateQueue(queue.key, connection=job.connection).remove(job.id)


class ForkWorker(RefusesUnknownJobs, Worker):
    """A worker whose work horses (its child processes) leave the parent's database connections alone."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        db.engine.dispose(close=False)
        super().main_work_horse(job, queue)


class FreshWorker(RefusesUnknownJobs, SpawnWorker):
    """A worker whose work horses start as new processes."""


EVERY_QUEUE = (queue.NAMES[Lane.URGENT], queue.RUNS, queue.NAMES[Lane.BULK], queue.CERTIFICATES)
"""In order of priority: a run that a user waits for does not stand behind bulk mail, and nothing behind certificates."""


def build_worker(queues: Sequence[str] = EVERY_QUEUE) -> Worker:
    """A worker for these queues, in order of priority. The intervals bound how long a job stays with a dead worker."""
    # A process that has loaded Objective-C must not fork.
    kind = FreshWorker if sys.platform == "darwin" else ForkWorker
    return kind(
        list(queues),
        connection=queue.worker_connection(),
        serializer=JSONSerializer,
        job_class=KnownJob,
        worker_ttl=45,
        maintenance_interval=20,
        job_monitoring_interval=5,
    )
