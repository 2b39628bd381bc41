"""The primary of Redis dies in the middle of a worker's job, and the Sentinels make its replica the primary."""

from __future__ import annotations

import dataclasses
import signal
import threading
import time

import pytest
from sqlalchemy import select

from app import create_app
from app.adapters import queue
from app.db.session import db, transaction
from app.enums import Channel, Lane, NoticeState
from app.models import Notice
from app.services.learning import enrollment_notices
from tests.support.sentinels import SERVICE
from tests.support.waiting import until

WORKER = ("-m", "flask", "--app", "wsgi", "worker")
DONE = {"queued": 0, "started": 0, "scheduled": 0, "failed": 0}


@pytest.fixture
def servers(watched, environment):
    started = watched()
    environment["REDIS_URL"] = started.url
    return started


@pytest.fixture
def there(app, config, servers):
    """The application on these servers; `app` is requested for its clean-up."""
    made = create_app(dataclasses.replace(config, redis_url=servers.url))
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def complete(there, make):
    """Complete a course for so many people, each of whom gets a mail."""

    def run(people):
        course = make.course()
        enrolled = [make.enrollment(course).id for _ in range(people)]
        with there.app_context(), transaction():
            enrollment_notices.notify_completed(enrolled)

    return run


def states(app):
    with app.app_context():
        mails = select(Notice.state).where(Notice.channel == Channel.EMAIL).order_by(Notice.id)
        return db.session.scalars(mails).all()


def test_a_worker_outlives_a_failover_and_its_job_is_done_once(
    there, servers, complete, start, sink, tmp_path
):
    """Its mails are sent while there is no primary, and a heartbeat falls into that time. Afterwards the worker waits for
    servers that do not come back, and ends when it is asked to.
    """
    [sentinel] = servers.sentinels
    # It promotes no replica that has been without a primary for ten times as long.
    sentinel.ask("SENTINEL", "SET", SERVICE, "down-after-milliseconds", 2_000)
    sink.gate = threading.Event()
    complete(3)
    worker = start(*WORKER, log=tmp_path / "log")
    until(lambda: sink.held == 1, 120)

    servers.servers[0].kill()
    sentinel.kill()
    sink.gate.set()
    until(lambda: states(there) == [NoticeState.SENT] * 3)
    time.sleep(5.5)  # from one heartbeat to the next
    sentinel.start()
    servers.await_failover()
    with there.app_context():
        until(queue.is_reachable)  # the circuit breaker of this process
    complete(1)
    until(lambda: states(there) == [NoticeState.SENT] * 4)

    assert len(sink.taken) == 4
    with there.app_context():
        until(lambda: queue.depth(queue.jobs(Lane.BULK)) == DONE, 10)
    servers.stop()
    (tmp_path / "log").write_text("")
    until(lambda: "Redis is away" in (tmp_path / "log").read_text(errors="replace"), 20)
    assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=20) == 0


def test_a_worker_that_is_asked_to_end_while_redis_is_away_ends_with_its_job(
    there, servers, complete, start, sink
):
    sink.gate = threading.Event()
    complete(1)
    worker = start(*WORKER)
    until(lambda: sink.held == 1, 120)
    servers.stop()

    worker.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert worker.poll() is None
    servers.servers[0].start()
    servers.sentinels[0].start()
    sink.gate.set()

    assert worker.wait(timeout=30) == 0
    assert states(there) == [NoticeState.SENT]
