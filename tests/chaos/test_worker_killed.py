"""kill -9 of a real worker at each step of the job: nothing is lost, and copies arise at one step only."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.db.session import db, transaction
from app.enums import Channel, NoticeState
from app.jobs import periodic
from app.models import Notice
from app.services.learning import enrollment_notices

WORKER = str(Path(__file__).with_name("worker.py"))
MAILS = 3
CLAIMED, SENT, WAITING = "claimed", "sent", "waiting"


@pytest.mark.parametrize(
    ("step", "left_behind", "copies"),
    [
        ("before_claim", [SENT, WAITING, WAITING], 0),
        ("after_claim", [SENT, CLAIMED, WAITING], 0),
        ("after_send", [SENT, CLAIMED, WAITING], 1),
        ("after_mark", [SENT, SENT, WAITING], 0),
    ],
)
def test_a_killed_worker_loses_nothing(step, left_behind, copies, app, make, smtp, start, work_off):
    course = make.course()
    notify_completed(app, [make.enrollment(course).id for _ in range(MAILS)])

    worker = start(WORKER, step)
    worker.wait(timeout=60)
    after_the_kill = [condition(mail) for mail in rows(app, Channel.EMAIL)]
    let_an_hour_pass(app)
    with app.app_context():
        periodic.sweep_notices()
    work_off()

    mails = rows(app, Channel.EMAIL)
    arrived = Counter(smtp.message_ids)
    assert worker.returncode == -signal.SIGKILL
    assert after_the_kill == left_behind
    assert [mail.state for mail in mails] == [NoticeState.SENT] * MAILS
    assert set(arrived) == {f"<{mail.id}@rollcall.example>" for mail in mails}
    assert arrived.total() - MAILS == copies
    assert [row.state for row in rows(app, Channel.IN_APP)] == [NoticeState.SENT] * MAILS


def notify_completed(app, enrollment_ids):
    with app.app_context(), transaction():
        enrollment_notices.notify_completed(enrollment_ids)


def rows(app, channel):
    with app.app_context():
        return db.session.scalars(select(Notice).where(Notice.channel == channel).order_by(Notice.id)).all()


def condition(mail):
    if mail.state == NoticeState.SENT:
        return SENT
    return CLAIMED if mail.lease else WAITING


def let_an_hour_pass(app):
    with app.app_context(), transaction():
        hour = timedelta(hours=1)
        db.session.execute(
            update(Notice).values(
                due_at=Notice.due_at - hour,
                enqueued_at=func.now() - hour,
                leased_until=Notice.leased_until - hour,
            )
        )
