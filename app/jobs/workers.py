"""RQ workers that run the jobs of an allow list, and fail all others."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, SpawnWorker, Worker, worker_registration
from rq.executions import Execution
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.serializers import JSONSerializer

from app.adapters import queue, redis_patience, redis_pools
from app.adapters.known_jobs import KnownJob
from app.db.session import db
from app.enums import Lane
from app.observability import alarms
from app.observability.alarms import Alarm
from app.services.retention import local_files

log = logging.getLogger(__name__)

HORSE_WAITS_SECONDS = 60.0
"""How long a finished job waits for Redis to take its result. Then it ends without, and is done again."""

SCHEDULER_ENDS_SECONDS = 5.0


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


class TakesTurns:
    """A worker that does not carry one run to its end while mail waits."""

    queues: list[Queue]

    def reorder_queues(self, reference_queue: Queue) -> None:
        """After a slice of a run, bulk mail comes before the next one: a long run would keep it waiting to its end."""
        is_after_run = reference_queue.name == queue.RUNS
        waits = {queue.RUNS: 1, queue.CERTIFICATES: 2} if is_after_run else {}
        self._ordered_queues = sorted(self.queues, key=lambda each: waits.get(each.name, 0))


class OutlivesRedis(Worker):
    """A worker that waits for Redis in the middle of a job, too, and that still ends at once when it is asked to.

    RQ's own ends without a word to its supervisor; see `has_failed`.
    """

    max_connection_wait_time = 5.0
    _is_done = False

    @property
    def has_failed(self) -> bool:
        """Whether it has ended by an error, which RQ logs and hides: it was not asked to end, nor was everything done."""
        return self._shutdown_requested_date is None and not self._is_done

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        redis_patience.limit(self.connection, 0)
        super().request_stop(signum, frame)

    def set_shutdown_requested_date(self) -> None:
        with _without_redis("note the shutdown"):
            super().set_shutdown_requested_date()

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        with _without_redis("send a heartbeat"):
            super().maintain_heartbeats(job, execution)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """With its registration, which a Redis that has lost everything does not have."""
        if pipeline is None:
            with self.connection.pipeline() as own:
                self.heartbeat(timeout, own)
                own.execute()
        else:
            super().heartbeat(timeout, pipeline)
            worker_registration.register(self, pipeline)

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        found = super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
        self._is_done = found is None
        return found

    def run_maintenance_tasks(self) -> None:
        super().run_maintenance_tasks()
        local_files.clean_when_due()

    def stop_scheduler(self) -> None:
        """End its process, which may wait for Redis."""
        scheduling = getattr(self.scheduler, "_process", None)
        if scheduling:
            scheduling.terminate()
            scheduling.join(SCHEDULER_ENDS_SECONDS)
            scheduling.kill()

    def teardown(self) -> None:
        with _without_redis("say that it ends"):
            super().teardown()


@contextmanager
def _without_redis(act: str) -> Iterator[None]:
    """Do without this where Redis is away."""
    try:
        yield
    except RedisError as error:
        log.warning("the worker could not %s: %s", act, type(error).__name__)


class ForkWorker(RefusesUnknownJobs, TakesTurns, OutlivesRedis):
    """A worker whose work horses (its child processes) leave the parent's database connections alone."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        db.engine.dispose(close=False)
        redis_patience.limit(self.connection, HORSE_WAITS_SECONDS)
        super().main_work_horse(job, queue)


class FreshWorker(RefusesUnknownJobs, TakesTurns, OutlivesRedis, SpawnWorker):
    """A worker whose work horses start as new processes, with a connection to the server that is the primary then."""

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        watched, self.connection = self.connection, redis_pools.direct(self.connection)
        try:
            super().fork_work_horse(job, queue)
        finally:
            self.connection = watched


EVERY_QUEUE = (queue.NAMES[Lane.URGENT], queue.RUNS, queue.NAMES[Lane.BULK], queue.CERTIFICATES)
"""In order of priority: a run that a user waits for does not stand behind bulk mail, and nothing behind certificates."""


def build_worker(queues: Sequence[str] = EVERY_QUEUE) -> OutlivesRedis:
    """A worker for these queues, in order of priority. The intervals bound how long a job stays with a dead worker."""
    # A process that has loaded Objective-C must not fork.
    kind = FreshWorker if sys.platform == "darwin" else ForkWorker
    return kind(
        list(queues),
        connection=queue.worker_connection(),
        serializer=JSONSerializer,
        job_class=KnownJob,
        worker_ttl=queue.WORKER_SECONDS,
        maintenance_interval=20,
        job_monitoring_interval=5,
    )
