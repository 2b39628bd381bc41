"""`flask worker` and `flask sweep`, as the supervisor starts them."""

from __future__ import annotations

import os
import signal
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from app.db.session import db, transaction
from app.enums import Channel, NoticeState
from app.models import Notice
from app.services.learning import enrollment_notices

SPAWNING = """
import sys
from app.jobs import workers
from wsgi import app
sys.platform = "darwin"
with app.app_context():
    workers.build_worker().work(burst=True)
"""


@pytest.mark.parametrize(
    "command",
    [("-m", "flask", "--app", "wsgi", "worker", "--burst"), ("-c", SPAWNING)],
    ids=["forking", "spawning"],
)
def test_a_worker_sends_what_it_was_rung_for(command, app, make, sink, start):
    with app.app_context(), transaction():
        enrollment_notices.notify_completed([make.enrollment(make.course()).id])

    worker = start(*command)

    assert worker.wait(timeout=60) == 0
    assert len(sink.taken) == 1
    with app.app_context():
        [mail] = db.session.scalars(select(Notice).where(Notice.channel == Channel.EMAIL))
    assert mail.state == NoticeState.SENT


def test_a_worker_whose_files_are_in_a_bucket_needs_no_folder(
    app, api, make, sink, start, environment, tmp_path
):
    """As in deploy/kubernetes.yaml. No folder can be made in /proc, and the certificate has a job where files are on a disk."""
    environment |= {
        "MEDIA_STORE": "s3",
        "MEDIA_DIR": "/proc/media",
        "S3_BUCKET": "none",
        "S3_ENDPOINT_URL": "http://127.0.0.1:1",
        "S3_ACCESS_KEY_ID": "any",
        "S3_SECRET_ACCESS_KEY": "any",
    }
    learner, course = make.student(), make.course(lessons=1)
    make.enrollment(course, learner)
    [lesson] = make.lessons_of(course)
    api.as_(learner).post(f"/lessons/{lesson.id}/complete")

    worker = start("-m", "flask", "--app", "wsgi", "worker", "--burst", log=tmp_path / "log")

    assert worker.wait(timeout=60) == 0
    assert len(sink.taken) == 1
    log = (tmp_path / "log").read_text()
    assert "Error" not in log
    assert "failed" not in log


@pytest.fixture
def redis_without_lists(app, config, environment):
    """Redis answers, and refuses what takes the next job."""
    real, name = app.extensions["rollcall-redis"], f"worker{os.getpid()}"
    refused = ["-blpop", "-blmove", "-brpoplpush", "-lmove", "-lpop"]
    real.acl_setuser(name, enabled=True, nopass=True, categories=["+@all"], keys=["*"], channels=["*"])
    real.execute_command("ACL", "SETUSER", name, *refused)
    parts = urlsplit(config.redis_url)
    environment["REDIS_URL"] = parts._replace(
        netloc=f"{name}:any@{parts.hostname}:{parts.port or 6379}"
    ).geturl()
    yield
    real.acl_deluser(name)


@pytest.mark.usefixtures("redis_without_lists", "sink")
def test_a_worker_that_ends_by_an_error_says_so_to_its_supervisor(start):
    worker = start("-m", "flask", "--app", "wsgi", "worker")

    assert worker.wait(timeout=120) == 1


@pytest.mark.usefixtures("sink")
def test_a_worker_that_still_waits_for_redis_ends_when_it_is_asked_to(start, environment, nowhere):
    environment["REDIS_URL"] = nowhere
    worker = start("-m", "flask", "--app", "wsgi", "worker", says="Redis does not answer yet")

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(timeout=20) == 0


def test_a_sweep_ends_when_it_is_asked_to(start, environment, sink):
    environment["LOG_LEVEL"] = "INFO"
    sweep = start("-m", "flask", "--app", "wsgi", "sweep", says="sweeping")

    sweep.send_signal(signal.SIGTERM)

    assert sweep.wait(timeout=20) == 0
