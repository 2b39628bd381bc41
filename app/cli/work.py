"""`flask worker` and `flask sweep`: the two processes beside the web server."""

from __future__ import annotations

import signal
import sys
import time
from threading import Event
from types import FrameType

import click
from flask.cli import with_appcontext
from rq import Queue, SpawnWorker, Worker
from rq.job import Job
from rq.logutils import colorizer
from rq.serializers import JSONSerializer

from app import queue
from app.db import db
from app.jobs import periodic
from app.settings import settings


class ForkWorker(Worker):
    """A worker whose horses leave the parent's database connections alone."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        db.engine.dispose(close=False)
        super().main_work_horse(job, queue)


def hire() -> Worker:
    """A worker for our one queue. The times bound how long a job stays with a worker that died."""
    # Our log writes control characters out, colours as well.
    colorizer.notty = True
    # A process that has loaded Objective-C must not fork.
    kind = SpawnWorker if sys.platform == "darwin" else ForkWorker
    return kind(
        [queue.QUEUE_NAME],
        connection=queue.patient_connection(),
        serializer=JSONSerializer,
        worker_ttl=45,
        maintenance_interval=20,
        job_monitoring_interval=5,
    )


@click.command("worker")
@click.option("--burst", is_flag=True, help="Do what is there and leave.")
@with_appcontext
def worker(*, burst: bool) -> None:
    """Do the jobs that the web processes ring for."""
    while not queue.is_reachable():
        click.echo("Redis does not answer yet; waiting.", err=True)
        time.sleep(1)
    hire().work(burst=burst, with_scheduler=True, logging_level=settings().log_level)


@click.command("sweep")
@with_appcontext
def sweep() -> None:
    """Do the periodic work; one process does, others wait."""
    stop = Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    periodic.walk(stop)
