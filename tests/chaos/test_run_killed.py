"""kill -9 of a real worker at each step of a chunk: the run goes on at its cursor, and every line is written once."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app.adapters import queue
from app.db.session import db
from app.enums import AssignmentState, Outcome
from app.models import Assignment, AssignmentItem, Course, Enrollment, Notice
from tests.support.http import data_of

WORKER = str(Path(__file__).with_name("run_worker.py"))
PEOPLE = 1_500


@pytest.fixture
def accepted(app, api, make):
    """A run of many people, each of whom is named twice, on a course with too few seats."""
    course = make.course(total_seats=PEOPLE - 100)
    statement = text(
        "INSERT INTO users (email, username, email_verified)"
        " SELECT 'k' || n || '@example.org', 'k' || n, true FROM generate_series(1, :size) n"
    )
    with app.app_context():
        db.session.execute(statement, {"size": PEOPLE})
        db.session.commit()
    names = [f"k{number}" for number in range(1, PEOPLE + 1)]
    body = {"usernames": names, "emails": [f"{name}@example.org" for name in names]}
    client = api.as_(make.admin())
    response = client.post(
        f"/courses/{course.id}/assign-multiple", json=body, headers={"Prefer": "respond-async"}
    )
    return data_of(response, 202)


@pytest.mark.parametrize(
    ("step", "number"),
    [
        ("before_claim", 1),
        ("after_claim", 1),
        ("before_ledger", 1),
        ("before_ledger", 3),
        ("before_commit", 1),
        ("before_commit", 4),
        ("after_commit", 1),
        ("after_commit", 5),
    ],
)
@pytest.mark.usefixtures("sink")
def test_a_killed_worker_leaves_whole_chunks(step, number, app, environment, accepted, start):
    environment["RUN_LEASE_SECONDS"] = "1"
    worker = start(WORKER, step, str(number))
    worker.wait(timeout=60)

    start("-m", "flask", "--app", "wsgi", "sweep")
    start("-m", "flask", "--app", "wsgi", "worker", "--runs")
    run = ended(app, accepted)

    assert worker.returncode == -signal.SIGKILL
    assert run.state == AssignmentState.APPLIED
    assert_exact(app, run)


def test_a_flushed_redis_loses_no_run(app, environment, accepted, start):
    environment["RUN_LEASE_SECONDS"] = "1"
    with app.app_context():
        queue.connection().flushdb()

    start("-m", "flask", "--app", "wsgi", "sweep")
    start("-m", "flask", "--app", "wsgi", "worker", "--runs")

    assert_exact(app, ended(app, accepted))


def test_two_workers_with_a_job_each_carry_a_run_once(app, environment, accepted, start):
    with app.app_context():
        queue.carry_run(UUID(accepted["id"]))
    for _ in range(2):
        start("-m", "flask", "--app", "wsgi", "worker", "--runs")

    run = ended(app, accepted)

    assert run.attempts == 1
    assert_exact(app, run)


def ended(app, accepted, seconds=60):
    """The run, once no worker will change it any more."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with app.app_context():
            run = db.session.get_one(Assignment, UUID(accepted["id"]))
            if run.next_batch > run.batches:
                return run
        time.sleep(0.1)
    raise AssertionError(f"the run has not ended: {run.state} {run.done} {run.last_error}")


def assert_exact(app, run):
    seats = PEOPLE - 100
    assert {name: count for name, count in run.counts.items() if count} == {
        Outcome.ASSIGNED: seats, Outcome.NO_SEAT: 100, Outcome.DUPLICATE: PEOPLE,
    }  # fmt: skip
    with app.app_context():
        lines = db.session.execute(
            select(func.count(), func.max(AssignmentItem.row)).where(AssignmentItem.assignment_id == run.id)
        ).one()
        counted = select(AssignmentItem.outcome, func.count()).group_by(AssignmentItem.outcome)
        assert tuple(lines) == (2 * PEOPLE, 2 * PEOPLE)
        assert dict(db.session.execute(counted).all()) == {
            Outcome.ASSIGNED: seats, Outcome.NO_SEAT: 100, Outcome.DUPLICATE: PEOPLE,
        }  # fmt: skip
        assert db.session.scalar(select(Course.enrollment_count).where(Course.id == run.course_id)) == seats
        assert db.session.scalar(select(func.count(Enrollment.user_id.distinct()))) == seats
        assert db.session.scalar(select(func.count()).select_from(Enrollment)) == seats
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 2 * seats
