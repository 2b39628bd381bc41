"""While no worker listens to a queue, although Redis answers, the sweep does what waits in it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from app.adapters import queue, redis
from app.enums import Channel, Lane, NoticeState
from app.jobs import periodic
from app.models import Notice
from tests.jobs.test_runs import admin, crowd, enqueue, record
from tests.support.http import data_of
from tests.support.waiting import until

__all__ = ["admin", "crowd", "enqueue"]


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", password="Analytical-Engine-1843")


@pytest.fixture
def states(stored):
    def read():
        mails = stored(select(Notice).where(Notice.channel == Channel.EMAIL).order_by(Notice.id))
        return [mail.state for mail in mails]

    return read


def forget_password(api):
    data_of(api.post("/auth/forgot-password", json={"email": "ada@example.org"}))


def test_what_people_wait_for_is_sent_before_the_next_bulk_mail(
    app, api, make, ada, notify_completed, sweep, states, smtp
):
    smtp.gate = threading.Event()
    course = make.course()
    notify_completed(*[make.enrollment(course) for _ in range(3)])
    sweeping = threading.Thread(target=sweep)
    sweeping.start()
    until(lambda: smtp.held == 1)

    forget_password(api)
    smtp.gate.set()
    sweeping.join()

    assert states() == [NoticeState.SENT] * 4
    assert ["ada@example.org" in mail["To"] for mail in smtp.taken] == [False, True, False, False]


def test_a_queue_with_a_worker_is_left_to_it(app, api, make, ada, notify_completed, sweep, stored, smtp):
    """One `flask worker --urgent` is alive, and no other."""
    key = "rq:worker:urgent"
    with app.app_context():
        redis.connection().sadd("rq:workers:rollcall-urgent", key)
        redis.connection().set(key, "", ex=queue.WORKER_SECONDS + 60)
    notify_completed(make.enrollment(make.course()))
    forget_password(api)

    sweep()

    mails = stored(select(Notice).where(Notice.channel == Channel.EMAIL))
    assert {mail.is_urgent: mail.state for mail in mails} == {
        True: NoticeState.QUEUED,
        False: NoticeState.SENT,
    }


def test_a_worker_that_has_missed_its_beats_counts_no_more(app, make, notify_completed, sweep, states, smtp):
    """RQ keeps the key of one that was killed for a minute after that."""
    key = "rq:worker:killed"
    with app.app_context():
        redis.connection().sadd("rq:workers:rollcall", key)
        redis.connection().set(key, "", ex=queue.WORKER_SECONDS - 1)
    notify_completed(make.enrollment(make.course()))

    sweep()

    assert states() == [NoticeState.SENT]


def test_a_worker_is_known_again_to_a_redis_that_has_lost_everything(app, listening):
    with app.app_context():
        redis.connection().flushdb()
        assert queue.workers(queue.jobs(Lane.BULK)) == 0
        listening()

        counts = [
            queue.workers(each) for each in (*map(queue.jobs, Lane), queue.runs(), queue.certificates())
        ]

    assert counts == [1, 1, 1, 1]


def test_a_run_is_carried_at_once(app, admin, make, crowd, enqueue):
    accepted = enqueue(make.course(), crowd(5))
    until(lambda: swept(app, admin, accepted) == "APPLIED", seconds=10)

    with app.app_context():
        assert queue.runs().count == 1, "its job finds nothing to do"


def test_a_run_is_left_to_a_worker_that_listens(app, admin, make, crowd, enqueue, listening):
    accepted = enqueue(make.course(), crowd(5))
    listening()

    assert swept(app, admin, accepted) == "QUEUED"


def swept(app, admin, accepted):
    with app.app_context():
        periodic.sweep_runs()
    return record(admin, accepted)["state"]
