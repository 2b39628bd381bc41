"""Runs of 100,000 people in a storm: workers die at random, Redis forgets, PostgreSQL restarts; the long run of kills."""

from __future__ import annotations

import random
import time
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app.adapters import queue
from app.db.session import db
from app.enums import AssignmentState
from app.models import Assignment, AssignmentItem, Course, Enrollment
from app.services.counters import verification
from tests.chaos.test_long_storm import kill_with_horse
from tests.support.http import data_of

PEOPLE = 100_000

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3_600)]


@pytest.fixture
def crowd(app):
    statement = text(
        "INSERT INTO users (email, username, email_verified)"
        " SELECT 'z' || n || '@example.org', 'z' || n, true FROM generate_series(1, :size) n"
    )
    with app.app_context():
        db.session.execute(text("SET LOCAL statement_timeout = 0"))
        db.session.execute(statement, {"size": PEOPLE})
        db.session.commit()
    return "username\n" + "".join(f"z{number}\n" for number in range(1, PEOPLE + 1))


@pytest.mark.usefixtures("sink")
def test_every_run_is_exact_after_every_kill(app, api, make, crowd, environment, start, request):
    most = request.config.getoption("kills")
    environment["RUN_LEASE_SECONDS"] = "1"
    chance, kills, rounds = random.Random(23), 0, 0
    client = api.as_(make.admin())
    start("-m", "flask", "--app", "wsgi", "sweep")
    worker = start("-m", "flask", "--app", "wsgi", "worker", "--runs")
    while kills < most:
        course = make.course(total_seats=PEOPLE - 500)
        path = f"/courses/{course.id}/assign-multiple?notify=false"
        accepted = data_of(client.post(path, data=crowd, content_type="text/csv"), 202)
        while not has_ended(app, accepted):
            time.sleep(chance.uniform(0.3, 3.0))
            if chance.random() < 0.2:
                with app.app_context():
                    queue.connection().flushdb()
            if chance.random() < 0.1:
                end_every_connection(app)
            kill_with_horse(worker)
            kills += 1
            worker = start("-m", "flask", "--app", "wsgi", "worker", "--runs")
            time.sleep(chance.uniform(2.5, 4.0))
        rounds += 1
        assert_exact(app, accepted, course, rounds)


def end_every_connection(app):
    """What a restart of PostgreSQL does to its clients: each loses its connection, and the open transaction with it."""
    with app.app_context():
        db.session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        db.session.commit()


def has_ended(app, accepted):
    with app.app_context():
        run = db.session.get_one(Assignment, UUID(accepted["id"]))
        return run.next_batch > run.batches


def assert_exact(app, accepted, course, rounds):
    seats = PEOPLE - 500
    with app.app_context():
        db.session.execute(text("SET LOCAL statement_timeout = 0"))
        run = db.session.get_one(Assignment, UUID(accepted["id"]))
        assert run.state == AssignmentState.APPLIED
        assert {name: count for name, count in run.counts.items() if count} == {
            "assigned": seats, "no_seat": 500,
        }  # fmt: skip
        held = select(func.count(Enrollment.user_id.distinct())).where(Enrollment.course_id == course.id)
        assert db.session.scalar(held) == seats
        assert db.session.get_one(Course, course.id).enrollment_count == seats
        lines = select(func.count()).select_from(AssignmentItem)
        assert db.session.scalar(lines) == rounds * PEOPLE
        assert not verification.verify().differences
