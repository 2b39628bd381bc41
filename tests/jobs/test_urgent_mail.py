"""Mail that a user waits for never waits behind bulk mail."""

from __future__ import annotations

import io
import threading
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.adapters import queue, redis
from app.db.session import transaction
from app.enums import Channel, Lane, NoticeKind
from app.jobs import periodic
from app.models import Notice
from app.services.messaging import account_notices
from tests.support.http import data_of
from tests.support.waiting import until
from tests.web.test_metrics import samples_of

PASSWORD = "Analytical-Engine-1843"


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", password=PASSWORD)


@pytest.fixture
def urgency(stored):
    """`{"RESET_PASSWORD": [True]}`, of the queued mails."""

    def read():
        found = {}
        for mail in stored(select(Notice).where(Notice.channel == Channel.EMAIL).order_by(Notice.id)):
            found.setdefault(mail.kind.value, []).append(mail.is_urgent)
        return found

    return read


@pytest.fixture
def waiting(app):
    """How many jobs wait in each queue."""

    def read():
        with app.app_context():
            return {lane.value: queue.jobs(lane).count for lane in Lane}

    return read


@pytest.fixture
def bulk(notify_completed, make):
    """Mails that no user waits for."""

    def run(amount):
        course = make.course()
        notify_completed(*[make.enrollment(course) for _ in range(amount)])

    return run


def is_for(address):
    return lambda mail: [to.addr_spec for to in mail["To"].addresses] == [address]


def test_a_reset_arrives_while_the_mail_server_holds_bulk_mail(api, ada, bulk, sink, start, environment):
    """The server answers no bulk mail until the reset has come."""
    environment |= {"MAIL_TIMEOUT_SECONDS": "100", "NOTICE_LEASE_SECONDS": "300"}
    sink.gate = threading.Event()
    sink.opens_for = "ada@example.org"
    bulk(12)
    start("-m", "flask", "--app", "wsgi", "worker")
    start("-m", "flask", "--app", "wsgi", "worker", "--urgent")
    until(lambda: sink.held == 1, seconds=60)

    data_of(api.post("/auth/forgot-password", json={"email": "ada@example.org"}))

    until(lambda: len(sink.taken) == 1, seconds=60)
    assert is_for("ada@example.org")(sink.taken[0])
    assert sink.held == 1
    sink.gate.set()
    until(lambda: len(sink.taken) == 13, seconds=60)


def test_without_redis_a_reset_is_sent_before_the_next_bulk_mail(app, api, ada, bulk, without_redis, smtp):
    """It comes while the first of them is being sent."""
    smtp.gate = threading.Event()
    bulk(5)

    def sweep():
        with app.app_context():
            while periodic.sweep_notices():
                pass

    sweeping = threading.Thread(target=sweep)
    sweeping.start()
    until(lambda: smtp.held == 1, seconds=60)
    data_of(api.post("/auth/forgot-password", json={"email": "ada@example.org"}))
    smtp.gate.set()
    sweeping.join()

    assert [is_for("ada@example.org")(mail) for mail in smtp.taken] == [
        False,
        True,
        False,
        False,
        False,
        False,
    ]


def test_one_worker_takes_urgent_jobs_first(api, ada, bulk, smtp, work_off):
    bulk(3)
    data_of(api.post("/auth/forgot-password", json={"email": "ada@example.org"}))

    work_off()

    assert [is_for("ada@example.org")(mail) for mail in smtp.taken] == [True, False, False, False]


def test_mail_that_a_person_waits_for_is_urgent(api, make, ada, urgency, waiting):
    admin = api.as_(make.admin())
    person = {"email": "bob@example.org", "username": "bob", "first_name": "Bob", "last_name": "B"}

    data_of(api.post("/auth/forgot-password", json={"email": "ada@example.org"}))
    data_of(admin.post("/users", json=person), 201)
    data_of(
        api.as_(ada).post("/auth/change-email", json={"password": PASSWORD, "new_email": "new@example.org"})
    )

    assert urgency() == {"RESET_PASSWORD": [True], "SET_PASSWORD": [True], "CONFIRM_EMAIL": [True]}
    assert waiting() == {"urgent": 3, "bulk": 0}


def test_invitations_of_an_import_are_bulk_mail_and_that_of_one_row_is_not(api, make, urgency, waiting):
    admin = api.as_(make.admin())
    rows = [f"person{number}@example.org,Person,{number}" for number in range(4)]
    head = "email,first_name,last_name"

    for sheet in ([head, *rows[:3]], [head, rows[3]]):
        file = (io.BytesIO("\n".join(sheet).encode()), "people.csv")
        data_of(admin.post("/users/import", data={"file": file}))

    assert urgency() == {"SET_PASSWORD": [False, False, False, True]}
    assert waiting() == {"urgent": 1, "bulk": 1}


def test_completions_and_assignments_are_bulk_mail(bulk, urgency, waiting):
    bulk(1)

    assert urgency() == {"COMPLETION": [False]}
    assert waiting() == {"urgent": 0, "bulk": 1}


def test_a_mail_that_waits_in_bulk_is_urgent_once_it_is_asked_for(app, api, make, urgency, waiting):
    people = [make.user(email=f"p{number}@example.org", email_verified=False) for number in range(2)]
    with app.app_context(), transaction():
        account_notices.notify(NoticeKind.VERIFY_EMAIL, [person.id for person in people])
    assert urgency() == {"VERIFY_EMAIL": [False, False]}

    data_of(api.post("/auth/resend-verification", json={"email": "p1@example.org"}))

    assert sorted(urgency()["VERIFY_EMAIL"]) == [False, True]
    assert waiting() == {"urgent": 1, "bulk": 1}


@pytest.mark.parametrize("lane", list(Lane))
@pytest.mark.usefixtures("listening")
def test_a_job_that_was_lost_is_rung_for_in_its_own_queue(app, api, ada, bulk, waiting, lane, age):
    bulk(1)
    data_of(api.post("/auth/forgot-password", json={"email": "ada@example.org"}))
    with app.app_context():
        queue.jobs(lane).empty()
    age(61)

    for _ in range(2):
        with app.app_context():
            assert periodic.sweep_notices() is False

    assert waiting() == {"urgent": 1, "bulk": 1}


@pytest.mark.usefixtures("listening")
def test_a_sweep_does_some_and_says_that_there_is_more(app, bulk, monkeypatch, age, waiting):
    monkeypatch.setattr(periodic, "ENQUEUED_AT_ONCE", 2)
    bulk(5)
    with app.app_context():
        queue.jobs(Lane.BULK).empty()
    age(61)

    with app.app_context():
        said = [periodic.sweep_notices() for _ in range(4)]

    assert said == [True, True, False, False]


def test_what_waits_is_counted_by_queue(app, api, ada, bulk, age):
    bulk(2)
    data_of(api.post("/auth/forgot-password", json={"email": "ada@example.org"}))
    age(30)
    with app.app_context():
        redis.connection().sadd("rq:workers:rollcall-urgent", "rq:worker:one", "rq:worker:gone")
        redis.connection().hset("rq:worker:one", "birth", "now")
        redis.connection().expire("rq:worker:one", 100)

    samples = samples_of(app.test_client().get("/metrics").text)

    assert samples["rollcall_queue_jobs", ("urgent", "queued")] == 1
    assert samples["rollcall_queue_jobs", ("bulk", "queued")] == 1
    assert samples["rollcall_queue_workers", ("urgent",)] == 1
    assert samples["rollcall_queue_workers", ("bulk",)] == 0
    assert 30 <= samples["rollcall_outbox_urgent_late_seconds", ()] < 600


def test_bulk_mail_comes_between_two_slices_of_runs(app, bulk, waiting, work_off):
    bulk(1)
    with app.app_context():
        for _ in range(2):
            queue.carry_run(uuid4())

    work_off(most=2)

    with app.app_context():
        assert (queue.runs().count, waiting()[Lane.BULK]) == (1, 0)
