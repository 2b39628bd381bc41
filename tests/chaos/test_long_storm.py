"""Workers that die at random while notices pour in, Redis that forgets, a mail server with moods: the long run."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.adapters import queue
from app.db.session import db, transaction
from app.enums import Channel, NoticeState
from app.models import Notice
from app.services.learning import enrollment_notices

PEOPLE = 600
KILLS = 25

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


def test_no_notice_is_lost_in_a_storm(app, make, sink, start):
    chance = random.Random(11)
    course = make.course()
    enrollments = [make.enrollment(course).id for _ in range(PEOPLE)]
    sink.pause = 0.02
    start("-m", "flask", "--app", "wsgi", "sweep")
    worker = start("-m", "flask", "--app", "wsgi", "worker")
    batches = iter([enrollments[first : first + 20] for first in range(0, PEOPLE, 20)])

    kills = 0
    while kills < KILLS:
        with app.app_context(), transaction():
            enrollment_notices.notify_completed(next(batches, []))
        sink.mood = chance.choices(["ok", "temporary", "drop"], [8, 1, 1])[0]
        if chance.random() < 0.2:
            with app.app_context():
                queue.connection().flushdb()
        time.sleep(chance.uniform(1.5, 3.0))
        kill_with_horse(worker)
        kills += 1
        worker = start("-m", "flask", "--app", "wsgi", "worker")
    with app.app_context(), transaction():
        for rest in batches:
            enrollment_notices.notify_completed(rest)
    sink.mood = "ok"
    until_nothing_is_queued(app)

    with app.app_context():
        mails = db.session.scalars(select(Notice).where(Notice.channel == Channel.EMAIL)).all()
        in_app = db.session.scalar(select(func.count()).where(Notice.channel == Channel.IN_APP))
    arrived = Counter(sink.message_ids)
    assert {mail.state for mail in mails} == {NoticeState.SENT}
    assert set(arrived) == {f"<{mail.id}@rollcall.example>" for mail in mails}
    assert (len(mails), in_app) == (PEOPLE, PEOPLE)
    assert arrived.total() - PEOPLE <= KILLS


def kill_with_horse(worker):
    """The worker and what it forked, all at once."""
    stats = [path for path in Path("/proc").glob("[0-9]*/stat") if parent_of(path) == worker.pid]
    for each in [worker.pid, *(int(path.parent.name) for path in stats)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    worker.wait()


def parent_of(stat):
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def until_nothing_is_queued(app, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with app.app_context():
            left = db.session.scalar(select(func.count()).where(Notice.state == NoticeState.QUEUED))
        if not left:
            return
        time.sleep(0.2)
    raise AssertionError(f"{left} notices are still queued")
