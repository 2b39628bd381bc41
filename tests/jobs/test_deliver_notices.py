"""The way of a completion notice from its row to the mailbox, by the real job through real Redis and SMTP."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from rq.utils import import_attribute
from sqlalchemy import func, update

from app.adapters import known_jobs, queue
from app.db.session import db, transaction
from app.enums import Channel, Lane, NoticeKind, NoticeState
from app.jobs import notices as job
from app.models import Enrollment, Notice, User
from app.services.messaging import notices_delivery
from tests.support.races import at_once


@pytest.fixture
def deliver(app):
    """One run of the job for these rows."""

    def run(rows):
        with app.app_context():
            job.deliver([str(row.id) for row in rows])

    return run


@pytest.fixture
def send(app, mails):
    """Deliver all mails, as a worker does."""

    def run():
        ids = [mail.id for mail in mails()]
        with app.app_context():
            job.send_due(ids)

    return run


def test_the_name_of_the_job_is_that_of_a_function():
    assert import_attribute(known_jobs.DELIVER_NOTICES) is job.deliver


def test_a_completion_is_mailed_once(notify_completed, make, smtp, work_off, mails):
    course = make.course(title="Fire safety", code="FIRE-1")
    enrollment = make.enrollment(course, make.student(email="ada@example.org"))

    notify_completed(enrollment)
    work_off()

    [mail] = mails()
    [message] = smtp.taken
    assert (mail.state, mail.attempts, mail.reason) == (NoticeState.SENT, 1, None)
    assert mail.sent_at is not None
    assert message["Message-ID"] == message_id_of(mail)
    assert message["X-Entity-Ref-ID"] == f"{mail.id}@rollcall.example"
    assert message["To"].addresses[0].addr_spec == "ada@example.org"
    assert message["Subject"] == "You have completed Fire safety"
    assert message["Date"].datetime is not None
    assert "Your completion of Fire safety (FIRE-1)" in message.get_body(("plain",)).get_content()
    assert "Your completion of Fire safety (FIRE-1)" in message.get_body(("html",)).get_content()


def test_a_job_that_runs_twice_does_nothing_more(notify_completed, make, smtp, deliver, mails):
    notify_completed(make.enrollment(make.course()))

    deliver(mails())
    deliver(mails())

    assert len(smtp.taken) == 1
    assert mails()[0].attempts == 1


def test_a_hundred_mails_are_one_job_on_one_connection(notify_completed, make, smtp, work_off, app, mails):
    course = make.course()
    notify_completed(*[make.enrollment(course) for _ in range(12)])
    with app.app_context():
        waiting = len(queue.jobs(Lane.BULK))

    work_off()

    assert (waiting, smtp.connections, len(smtp.taken)) == (1, 1, 12)
    assert {mail.state for mail in mails()} == {NoticeState.SENT}


def test_ten_thousand_ids_reach_redis_in_one_exchange(app, monkeypatch):
    with app.app_context():
        queue.connection().ping()
        exchanges = []
        pipeline_class = type(queue.connection().pipeline())
        execute = pipeline_class.execute
        monkeypatch.setattr(
            pipeline_class,
            "execute",
            lambda self, *a, **k: exchanges.append(len(self)) or execute(self, *a, **k),
        )

        queue.deliver_notices([uuid4() for _ in range(10_000)], Lane.BULK)

        assert len(queue.jobs(Lane.BULK)) == 100
        assert len(exchanges) == 1


def test_a_mail_costs_two_statements_to_lease_and_one_to_mark(
    notify_completed, make, smtp, deliver, mails, statements
):
    notify_completed(make.enrollment(make.course()))
    rows = mails()

    with statements() as seen:
        deliver(rows)

    claim, empty_handed = 2, 1
    assert len(seen) == claim + 1 + empty_handed


def test_two_workers_send_one_mail(notify_completed, make, smtp, send, mails):
    notify_completed(make.enrollment(make.course()))
    smtp.gate = threading.Event()

    def send_while_it_is_being_sent():
        time.sleep(0.3)
        send()
        smtp.gate.set()

    at_once(send, send, send_while_it_is_being_sent)

    assert len(smtp.taken) == 1
    assert mails()[0].attempts == 1


def test_many_workers_share_the_mails_of_one_batch(notify_completed, make, smtp, send, mails):
    course = make.course()
    notify_completed(*[make.enrollment(course) for _ in range(20)])

    at_once(send, send, send, send)

    assert sorted(smtp.message_ids) == sorted(message_id_of(mail) for mail in mails())


def test_a_worker_that_lost_the_lease_marks_nothing(notify_completed, make, app, mails, age):
    notify_completed(make.enrollment(make.course()))
    ids = [mail.id for mail in mails()]
    with app.app_context(), transaction():
        slow = notices_delivery.lease(ids)
    age(3600)
    with app.app_context(), transaction():
        second = notices_delivery.lease(ids)

    with app.app_context(), transaction():
        notices_delivery.mark_failed(slow, "too late")

    [mail] = mails()
    assert (mail.state, mail.lease) == (NoticeState.QUEUED, second.lease)
    assert slow.notice_id == second.notice_id == mail.id


def test_a_leased_mail_is_leased_by_no_other_worker(notify_completed, make, app, mails):
    notify_completed(make.enrollment(make.course()))
    ids = [mail.id for mail in mails()]

    with app.app_context(), transaction():
        first = notices_delivery.lease(ids)
    with app.app_context(), transaction():
        second = notices_delivery.lease(ids)

    assert first is not None
    assert second is None


def test_a_passing_refusal_is_retried_with_backoff(
    notify_completed, make, smtp, deliver, mails, age, setting
):
    setting(notice_retry_seconds=(30, 60), mail_transport="smtp", mail_port=smtp.port)
    notify_completed(make.enrollment(make.course()))
    smtp.mood = "temporary"
    waits = []

    for _ in range(2):
        with pytest.raises(job.NoticesDeferred):
            deliver(mails())
        [mail] = mails()
        assert (mail.state, mail.reason) == (NoticeState.QUEUED, "SMTP 451 4.3.0 try again later")
        waits.append((mail.due_at - datetime.now(UTC)).total_seconds())
        deliver(mails())
        age(3600)
    with pytest.raises(job.NoticesDeferred):
        deliver(mails())

    [mail] = mails()
    assert (mail.state, mail.attempts) == (NoticeState.FAILED, 3)
    assert waits == [pytest.approx(30, abs=5), pytest.approx(60, abs=5)]
    assert smtp.taken == []


def test_rq_sees_that_a_job_failed_and_tries_it_again(notify_completed, make, smtp, work_off, app, mails):
    smtp.mood = "temporary"
    notify_completed(make.enrollment(make.course()))

    work_off()

    with app.app_context():
        assert len(queue.jobs(Lane.BULK).scheduled_job_registry) == 1
    assert mails()[0].state == NoticeState.QUEUED


def test_a_refusal_for_good_fails_at_once_and_holds_up_no_other(
    notify_completed, make, smtp, work_off, mails
):
    course = make.course()
    notify_completed(make.enrollment(course, make.student(email="gone@example.org")), make.enrollment(course))
    smtp.hostile.add("gone@example.org")

    work_off()

    assert sorted((mail.state, mail.reason) for mail in mails()) == [
        (NoticeState.FAILED, "SMTP 550 5.1.1 no such person"),
        (NoticeState.SENT, None),
    ]


@pytest.mark.parametrize(("mood", "copies"), [("drop", 0), ("drop_after", 1)])
def test_a_lost_line_is_tried_again_under_the_same_message_id(
    mood, copies, notify_completed, make, smtp, deliver, mails, age
):
    notify_completed(make.enrollment(make.course()))
    smtp.mood = mood
    with pytest.raises(job.NoticesDeferred):
        deliver(mails())

    smtp.mood = "ok"
    age(3600)
    deliver(mails())

    [mail] = mails()
    assert mail.state == NoticeState.SENT
    assert smtp.message_ids == [message_id_of(mail)] * (copies + 1)


def test_a_server_that_drips_is_left_in_time(notify_completed, make, smtp, deliver, mails, setting):
    setting(mail_transport="smtp", mail_port=smtp.port, mail_timeout_seconds=0.3)
    notify_completed(make.enrollment(make.course()))
    smtp.mood = "slow"

    with pytest.raises(job.NoticesDeferred):
        deliver(mails())

    assert mails()[0].reason.startswith("SMTP connection lost")


def test_a_server_that_is_away_costs_one_try_of_one_mail(notify_completed, make, setting, deliver, mails):
    setting(mail_transport="smtp", mail_port=1)
    course = make.course()
    notify_completed(*[make.enrollment(course) for _ in range(3)])

    with pytest.raises(job.NoticesDeferred):
        deliver(mails())

    assert sorted(mail.attempts for mail in mails()) == [0, 0, 1]
    assert {mail.state for mail in mails()} == {NoticeState.QUEUED}


def test_a_mail_that_kills_its_workers_is_given_up(
    notify_completed, make, smtp, app, mails, age, setting, deliver
):
    setting(notice_retry_seconds=(30,), mail_transport="smtp", mail_port=smtp.port)
    notify_completed(make.enrollment(make.course()))
    for _ in range(2):
        with app.app_context(), transaction():
            notices_delivery.lease([mail.id for mail in mails()])
        age(3600)

    deliver(mails())

    assert (mails()[0].state, mails()[0].reason) == (NoticeState.FAILED, "worker_died")
    assert smtp.taken == []


def test_who_was_deactivated_in_the_meantime_gets_no_mail(notify_completed, make, smtp, work_off, app, mails):
    student = make.student()
    notify_completed(make.enrollment(make.course(), student))
    with app.app_context(), transaction():
        db.session.execute(update(User).where(User.id == student.id).values(is_active=False))

    work_off()

    assert (mails()[0].state, mails()[0].reason) == (NoticeState.SUPPRESSED, "user_inactive")
    assert smtp.taken == []


def test_an_assignment_that_was_undone_is_not_announced(make, smtp, app, deliver, mails):
    enrollment = make.enrollment(make.course())
    with app.app_context(), transaction():
        db.session.add(
            Notice(
                kind=NoticeKind.ASSIGNMENT,
                channel=Channel.EMAIL,
                state=NoticeState.QUEUED,
                user_id=enrollment.user_id,
                course_id=enrollment.course_id,
                enrollment_id=enrollment.id,
            )
        )
        db.session.execute(
            update(Enrollment)
            .where(Enrollment.id == enrollment.id)
            .values(status="CANCELLED", cancelled_at=func.now())
        )

    deliver(mails())

    assert (mails()[0].state, mails()[0].reason) == (NoticeState.SUPPRESSED, "not_enrolled")


def message_id_of(mail):
    return f"<{mail.id}@rollcall.example>"
