"""The sweep: mail that was not enqueued, or whose job was lost, is enqueued again."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select, text, update

from app.adapters import queue, redis
from app.db.session import db, transaction
from app.enums import Channel, Lane, NoticeState
from app.jobs import periodic
from app.models import Notice, Session
from app.services.messaging import notices_delivery
from tests.support.waiting import until


@pytest.fixture
def mail(app):
    def read():
        with app.app_context():
            return db.session.scalars(select(Notice).where(Notice.channel == Channel.EMAIL)).one()

    return read


@pytest.fixture
def change(app):
    """Set columns of every notice."""

    def run(**values):
        with app.app_context(), transaction():
            db.session.execute(update(Notice).values(**values))

    return run


@pytest.fixture
def sweep(app, listening):
    """One sweep, and how many jobs RQ holds after it."""

    def run():
        listening()
        with app.app_context():
            periodic.sweep_notices()
            return len(queue.jobs(Lane.BULK)) if queue.is_reachable() else None

    return run


@pytest.fixture
def flush(app):
    def run():
        with app.app_context():
            redis.connection().flushdb()

    return run


ago = {name: func.now() - timedelta(seconds=seconds) for name, seconds in {"long": 3600, "just": 1}.items()}
ahead = func.now() + timedelta(seconds=3600)


@pytest.mark.parametrize(
    ("values", "is_enqueued"),
    [
        ({}, False),
        ({"due_at": ago["long"], "enqueued_at": ago["long"]}, True),
        ({"due_at": ago["just"], "enqueued_at": ago["just"]}, False),
        ({"due_at": ago["just"], "enqueued_at": ago["just"] - timedelta(seconds=30)}, True),
        ({"due_at": ahead, "enqueued_at": ago["long"]}, False),
        ({"due_at": ago["long"], "enqueued_at": ago["long"], "leased_until": ahead}, False),
        (
            {
                "due_at": ago["long"],
                "enqueued_at": ago["just"] - timedelta(seconds=30),
                "leased_until": ago["just"],
            },
            True,
        ),
    ],
    ids=[
        "enqueued just now",
        "enqueued long ago",
        "enqueued recently",
        "due since it was enqueued",
        "not due yet",
        "leased",
        "lease ended since it was enqueued",
    ],
)
def test_what_is_in_no_job_is_enqueued_again(
    values, is_enqueued, notify_completed, make, change, sweep, flush
):
    notify_completed(make.enrollment(make.course()))
    flush()
    if values:
        change(**values)

    assert sweep() == (1 if is_enqueued else 0)
    assert sweep() == (1 if is_enqueued else 0)


@pytest.fixture
def pass_time(change):
    """A minute later, for every notice."""
    past = timedelta(seconds=61)
    return lambda: change(due_at=Notice.due_at - past, enqueued_at=Notice.enqueued_at - past)


def test_what_is_in_the_queue_is_not_enqueued_again(notify_completed, make, pass_time, sweep):
    course = make.course()
    notify_completed(*[make.enrollment(course) for _ in range(250)])

    jobs = []
    for _ in range(6):
        pass_time()
        jobs.append(sweep())

    assert jobs == [3] * 6


def test_an_empty_queue_is_filled_again_and_once(notify_completed, make, pass_time, sweep, flush, change):
    course = make.course()
    notify_completed(*[make.enrollment(course) for _ in range(250)])
    flush()
    change(due_at=ago["long"], enqueued_at=ago["long"])

    jobs = [sweep()]
    for _ in range(3):
        pass_time()
        jobs.append(sweep())

    assert jobs == [3] * 4


def test_a_job_that_was_lost_is_enqueued_while_others_wait(
    app, notify_completed, make, pass_time, sweep, stored
):
    course = make.course()
    notify_completed(make.enrollment(course))
    (lost,) = stored(select(Notice.id).where(Notice.channel == Channel.EMAIL))
    with app.app_context():
        queue.jobs(Lane.BULK).empty()
    pass_time()
    notify_completed(make.enrollment(course))

    jobs = [sweep(), sweep()]

    with app.app_context():
        enqueued = [each for job in queue.jobs(Lane.BULK).get_jobs() for each in job.args[0]]
    assert jobs == [2, 2]
    assert enqueued.count(str(lost)) == 1


def test_a_job_whose_content_is_lost_hides_nothing(app, notify_completed, make, change, sweep):
    notify_completed(make.enrollment(make.course()))
    with app.app_context():
        (job_id,) = queue.jobs(Lane.BULK).get_job_ids()
        redis.connection().delete(f"rq:job:{job_id}")
    change(enqueued_at=ago["long"])

    assert sweep() == 1


def test_a_job_that_is_tried_no_more_leaves_the_rest_to_the_sweep(
    app, notify_completed, make, setting, work_off, sweep, mail
):
    setting(mail_transport="smtp", mail_port=1, notice_retry_seconds=(0, 0))
    notify_completed(make.enrollment(make.course()))
    with app.app_context():
        (job,) = queue.jobs(Lane.BULK).get_jobs()
        job.retries_left = 0
        job.save()

    work_off()

    with app.app_context():
        depth = queue.depth(queue.jobs(Lane.BULK))
    assert depth == {"queued": 0, "started": 0, "scheduled": 0, "failed": 0}
    assert (mail().state, mail().attempts) == (NoticeState.QUEUED, 1)
    assert sweep() == 1


def test_what_redis_forgot_is_sent_all_the_same(
    notify_completed, make, flush, change, sweep, smtp, work_off, mail
):
    notify_completed(make.enrollment(make.course()))
    flush()
    change(enqueued_at=ago["long"])

    sweep()
    work_off()

    assert mail().state == NoticeState.SENT
    assert smtp.message_ids == [f"<{mail().id}@rollcall.example>"]


def test_without_redis_the_commit_succeeds_and_the_sweep_sends(
    notify_completed, make, without_redis, smtp, sweep, mail, caplog
):
    notify_completed(make.enrollment(make.course()))
    assert mail().state == NoticeState.QUEUED
    assert "an effect after the commit failed" in caplog.text

    sweep()

    assert mail().state == NoticeState.SENT
    assert smtp.message_ids == [f"<{mail().id}@rollcall.example>"]


@pytest.fixture
def redis_that_takes_nothing(app, redis_url):
    """A server that answers, and lets us write nothing: full, or a replica."""
    real = app.extensions["rollcall-redis"]
    reader = f"reader{os.getpid()}"
    commands = ["+ping", "+select", "+lrange", "+hgetall"]
    real.acl_setuser(reader, enabled=True, nopass=True, commands=commands, keys=["*"])
    parts = urlsplit(redis_url)
    url = parts._replace(netloc=f"{reader}:any@{parts.hostname}:{parts.port or 6379}").geturl()
    app.extensions["rollcall-redis"] = redis.client(url, timeout=2)
    yield
    app.extensions["rollcall-redis"].close()
    app.extensions["rollcall-redis"] = real
    real.acl_deluser(reader)


def test_a_redis_that_takes_nothing_stops_no_mail(
    app, notify_completed, make, change, redis_that_takes_nothing, smtp, mail
):
    notify_completed(make.enrollment(make.course()))
    change(enqueued_at=ago["long"])

    with app.app_context():
        assert queue.is_reachable()
        periodic.sweep_notices()

    assert mail().state == NoticeState.SENT
    assert len(smtp.taken) == 1


def test_without_redis_and_smtp_the_sweep_retries_each_mail_with_backoff(
    notify_completed, make, without_redis, setting, sweep, mail
):
    setting(mail_transport="smtp", mail_port=1)
    notify_completed(make.enrollment(make.course()))

    sweep()
    sweep()

    assert (mail().state, mail().attempts) == (NoticeState.QUEUED, 1)


def test_a_mail_whose_worker_died_is_sent_when_the_lease_ends(
    app, notify_completed, make, flush, change, sweep, smtp, work_off, mail
):
    notify_completed(make.enrollment(make.course()))
    flush()
    with app.app_context(), transaction():
        notices_delivery.lease([mail().id])
    assert sweep() == 0

    change(leased_until=func.now(), enqueued_at=ago["just"])
    sweep()
    work_off()

    assert (mail().state, mail().attempts) == (NoticeState.SENT, 2)


def test_one_process_sweeps_and_the_next_takes_over(app, setting, monkeypatch):
    setting(sweep_interval_seconds=0.02)
    sweeping = []
    monkeypatch.setattr(
        periodic,
        "CHORES",
        (periodic.Chore("note", lambda: 0.02, lambda: sweeping.append(threading.current_thread().name)),),
    )
    stops = {name: threading.Event() for name in ("first", "second")}

    def walk(stop):
        with app.app_context():
            periodic.run_forever(stop)

    first = threading.Thread(target=walk, args=(stops["first"],), name="first")
    second = threading.Thread(target=walk, args=(stops["second"],), name="second")
    first.start()
    until(lambda: sweeping)
    second.start()
    until(lambda: len(sweeping) > 5)
    during = set(sweeping)
    stops["first"].set()
    first.join()
    until(lambda: "second" in sweeping)
    stops["second"].set()
    second.join()

    assert during == {"first"}


def test_the_sweep_outlives_its_connection(app, setting, monkeypatch):
    setting(sweep_interval_seconds=0.02)
    walked = []
    monkeypatch.setattr(
        periodic, "CHORES", (periodic.Chore("note", lambda: 0.02, lambda: walked.append(None)),)
    )
    stop = threading.Event()

    def walk():
        with app.app_context():
            periodic.run_forever(stop)

    sweep = threading.Thread(target=walk)
    sweep.start()
    until(lambda: walked)
    with app.app_context(), transaction():
        db.session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ),
            {"key": periodic.LOCK},
        )
    before = len(walked)
    until(lambda: len(walked) > before + 3)
    stop.set()
    sweep.join()


def test_sessions_that_are_long_over_are_forgotten(app, make, api):
    api.as_(make.student())
    old = api.as_(make.student())
    with app.app_context(), transaction():
        newest = db.session.scalar(select(Session.id).order_by(Session.id.desc()).limit(1))
        db.session.execute(
            update(Session).where(Session.id == newest).values(expires_at=func.now() - timedelta(days=8))
        )

    with app.app_context():
        next(chore for chore in periodic.CHORES if chore.name == "sessions").run()
        left = db.session.scalars(select(Session.id)).all()

    assert len(left) == 1
    assert newest not in left
    assert old.get("/auth/me").status_code == 401
