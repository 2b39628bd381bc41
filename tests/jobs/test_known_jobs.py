"""An attacker who can write to Redis can make workers fail jobs, and nothing else: no code of their choice runs."""

from __future__ import annotations

import json
import socket
import sys
import threading
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.adapters import known_jobs, queue, redis
from app.enums import Channel, Lane, NoticeState
from app.jobs import periodic
from app.models import Notice

DELIVER = known_jobs.DELIVER_NOTICES
ID = "0190b1c2-7a3f-7000-8000-000000000000"
UNTOUCHED = "this"
"""A module of the standard library that does something when it is imported, and that nothing here imports."""

SPAWNING = """
import sys
from app.jobs import workers
from wsgi import app
sys.platform = "darwin"
with app.app_context():
    workers.build_worker().work(burst=True)
"""


def call(name, *arguments, owner=None, **keywords):
    return json.dumps([name, owner, arguments, keywords])


def good():
    return call(DELIVER, [ID])


REFUSED = {
    "a function of the standard library": {"data": call("os.getcwd")},
    "a module that is not imported yet": {"data": call(f"{UNTOUCHED}.s")},
    "a builtin": {"data": call("print", "x")},
    "a function of ours that is no job": {"data": call("app.jobs.notices.send_due", [ID])},
    "a module of ours that is no job": {"data": call("app.jobs.notices.log.info", "x")},
    "a method": {"data": call("upper", owner="x")},
    "a name that is no text": {"data": json.dumps([[DELIVER], None, [[ID]], {}])},
    "no arguments": {"data": call(DELIVER)},
    "no list": {"data": call(DELIVER, ID)},
    "an empty list": {"data": call(DELIVER, [])},
    "ids that are none": {"data": call(DELIVER, ["1 OR 1=1"])},
    "ids that are numbers": {"data": call(DELIVER, [1])},
    "an id in braces": {"data": call(DELIVER, [f"{{{ID}}}"])},
    "too many ids": {"data": call(DELIVER, [ID] * 101)},
    "a second argument": {"data": call(DELIVER, [ID], [ID])},
    "a keyword": {"data": call(DELIVER, [ID], colour="red")},
    "a run in the queue of mail": {"data": call(known_jobs.CARRY_RUN, ID)},
    "no job at all": {"data": "nonsense"},
    "deep nesting": {"data": "[" * 100_000},
    "a callback after success": {"data": good(), "success_callback_name": f"{UNTOUCHED}.s"},
    "a callback after failure": {"data": call("os.getcwd"), "failure_callback_name": f"{UNTOUCHED}.s"},
    "a callback after a stop": {"data": good(), "stopped_callback_name": f"{UNTOUCHED}.s"},
    "repetitions": {"data": good(), "repeats_left": "1000000", "repeat_intervals": "[0]"},
    "retries without end": {"data": call("os.getcwd"), "retries_left": "1000000", "retry_intervals": "[0]"},
    "a status that does not exist": {"data": good(), "status": "bogus"},
    "a time that is none": {"data": good(), "created_at": "yesterday"},
    "a number that is none": {"data": good(), "retries_left": "many"},
}


@pytest.fixture
def plant(app):
    """Put a job into the queue as an attacker who reaches Redis can, past all that RQ checks."""

    def run(**fields):
        job_id = f"planted-{uuid4()}"
        about = {
            "origin": queue.NAMES[Lane.BULK],
            "status": "queued",
            "created_at": "2026-01-01T00:00:00.000000Z",
        }
        with app.app_context():
            redis.connection().hset(f"rq:job:{job_id}", mapping={**about, **fields})
            redis.connection().rpush(queue.jobs(Lane.BULK).key, job_id)
        return job_id

    return run


@pytest.fixture
def failed(app):
    def read():
        with app.app_context():
            return queue.jobs(Lane.BULK).failed_job_registry.get_job_ids(cleanup=False)

    return read


@pytest.fixture
def is_sent(stored):
    def read():
        return stored(select(Notice.state).where(Notice.channel == Channel.EMAIL)) == [NoticeState.SENT]

    return read


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED)
def test_what_is_no_job_of_ours_is_refused_and_the_next_one_done(
    fields, plant, notify_completed, make, smtp, work_off, is_sent, failed, counts, lines
):
    job_id = plant(**fields)
    notify_completed(make.enrollment(make.course()))

    work_off()

    assert failed() == [job_id]
    assert UNTOUCHED not in sys.modules
    assert is_sent()
    assert counts() == {"job_refused": 1}
    assert lines("job_refused")[0]["job_id"] == job_id


def test_a_refused_job_sends_no_request(plant, work_off, smtp, failed):
    """RQ would call a web address of the planter's choice, from inside our network."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        visits = []

        def take():
            try:
                while True:
                    visits.append(server.accept()[0])
            except OSError:
                return

        taking = threading.Thread(target=take)
        taking.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        hooks = [{"url": url, "job_status": status, "timeout": 2} for status in ("finished", "failed")]
        plant(data=good(), webhooks=json.dumps(hooks))

        work_off()
        server.shutdown(socket.SHUT_RDWR)
        taking.join()

    assert visits == []
    assert len(failed()) == 1


def test_a_key_that_holds_no_job_is_passed_over(app, plant, notify_completed, make, smtp, work_off, is_sent):
    job_id = plant(data=good())
    with app.app_context():
        redis.connection().delete(f"rq:job:{job_id}")
        redis.connection().set(f"rq:job:{job_id}", "no job")
    notify_completed(make.enrollment(make.course()))

    work_off()

    assert is_sent()


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED)
def test_the_sweep_reads_the_queue_past_what_is_no_job_of_ours(
    app, fields, plant, notify_completed, make, age, listening
):
    plant(**fields)
    notify_completed(make.enrollment(make.course()))
    age(61)
    listening()

    with app.app_context():
        periodic.sweep_notices()

        assert len(queue.jobs(Lane.BULK)) == 2


@pytest.mark.parametrize(
    "command",
    [("-m", "flask", "--app", "wsgi", "worker", "--burst"), ("-c", SPAWNING)],
    ids=["forking", "spawning"],
)
def test_a_worker_runs_no_function_that_redis_names(
    command, plant, notify_completed, make, sink, start, is_sent, failed, tmp_path
):
    made = tmp_path / "made"
    plant(data=call("os.mkdir", str(made)), failure_callback_name="os.abort", retries_left="5")
    notify_completed(make.enrollment(make.course()))

    worker = start(*command)

    assert worker.wait(timeout=60) == 0
    assert not made.exists()
    assert is_sent()
    assert len(failed()) == 1
