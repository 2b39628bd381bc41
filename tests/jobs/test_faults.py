"""A fault of ours with one mail, or with one chore, is its own: the others go on, and an alarm says which it was."""

from __future__ import annotations

import smtplib
import threading

import pytest
from sqlalchemy import text

from app.db.session import db, transaction
from app.enums import NoticeState
from app.jobs import periodic
from tests.support.waiting import until

LETTERS = 100
UNLUCKY = "unlucky@example.org"


@pytest.fixture
def hundred(make):
    """Enrollments of a course, of which the third is the unlucky one's."""

    def run(title="Fire safety"):
        course = make.course(title=title)
        people = [make.student() for _ in range(LETTERS - 1)]
        people.insert(2, make.student(email=UNLUCKY))
        return [make.enrollment(course, person) for person in people]

    return run


@pytest.fixture
def smtp_that_breaks(smtp, monkeypatch):
    """The library raises what no mail server is to blame for, at one recipient."""
    send = smtplib.SMTP.sendmail

    def breaking(self, sender, recipient, content):
        if recipient == UNLUCKY:
            raise TypeError("sequence item 0: expected str instance, NoneType found")
        return send(self, sender, recipient, content)

    monkeypatch.setattr(smtplib.SMTP, "sendmail", breaking)
    return smtp


def assert_one_failed(mails, sink, counts, reason):
    failed = [mail for mail in mails if mail.state != NoticeState.SENT]
    assert [(mail.state, mail.reason) for mail in failed] == [(NoticeState.FAILED, reason)]
    assert len(sink.taken) == LETTERS - 1
    assert counts() == {"mail_failed": 1}


def test_a_mail_that_breaks_the_library_fails_alone(
    notify_completed, hundred, smtp_that_breaks, work_off, mails, counts, lines
):
    notify_completed(*hundred())

    work_off()

    assert_one_failed(mails(), smtp_that_breaks, counts, "internal_error: TypeError")
    [alarm] = lines("mail_failed")
    assert alarm["notice_id"] == str(next(mail.id for mail in mails() if mail.state == NoticeState.FAILED))
    assert "Traceback" in alarm["message"]


def test_without_redis_a_mail_that_breaks_the_library_fails_alone(
    notify_completed, hundred, without_redis, smtp_that_breaks, sweep, mails, counts
):
    notify_completed(*hundred())

    sweep()

    assert_one_failed(mails(), smtp_that_breaks, counts, "internal_error: TypeError")


def test_a_notice_that_this_version_cannot_read_fails_alone(
    app, notify_completed, hundred, smtp, work_off, mails, counts, stored
):
    """As while an older version of the code goes on working for a while."""
    notify_completed(*hundred())
    broken = mails()[2].id
    with app.app_context(), transaction():
        # The course says a status that the code does not know: reading the row raises.
        db.session.execute(text("ALTER TABLE enrollments DROP CONSTRAINT ck_enrollments_status"))
        db.session.execute(
            text(
                "UPDATE enrollments SET status = 'PAUSED' WHERE id = (SELECT enrollment_id FROM notices WHERE id = :id)"
            ),
            {"id": broken},
        )
    try:
        work_off()
        assert_one_failed(mails(), smtp, counts, "internal_error: LookupError")
    finally:
        with app.app_context(), transaction():
            db.session.execute(text("UPDATE enrollments SET status = 'ACTIVE' WHERE status = 'PAUSED'"))
            db.session.execute(
                text(
                    "ALTER TABLE enrollments ADD CONSTRAINT ck_enrollments_status"
                    " CHECK (status IN ('ACTIVE', 'COMPLETED', 'CANCELLED'))"
                )
            )


@pytest.mark.parametrize("title", ["é=?hz?b?/w==?=", "=?gbk?q?=FF4?=é"])
def test_a_title_that_looks_like_an_encoded_word_is_sent(
    title, notify_completed, make, smtp, work_off, mails
):
    course = make.course(title=title)
    notify_completed(*[make.enrollment(course) for _ in range(3)])

    work_off()

    assert {mail.state for mail in mails()} == {NoticeState.SENT}
    assert len(smtp.taken) == 3


def test_a_chore_that_raises_stops_neither_the_others_nor_the_sweep(app, setting, monkeypatch, counts, lines):
    setting(sweep_interval_seconds=0.02)
    done = []

    def fail():
        raise TypeError("a fault of ours")

    chores = (
        periodic.Chore("first", lambda: 0.02, fail),
        periodic.Chore("second", lambda: 0.02, lambda: done.append(None)),
    )
    monkeypatch.setattr(periodic, "CHORES", chores)
    stop = threading.Event()

    def walk():
        with app.app_context():
            periodic.run_forever(stop)

    walking = threading.Thread(target=walk)
    walking.start()
    until(lambda: len(done) > 3 and len(lines("chore_failed")) > 1)
    stop.set()
    walking.join()

    assert {line["chore"] for line in lines("chore_failed")} == {"first"}
    assert counts()["chore_failed"] == len(lines("chore_failed"))
