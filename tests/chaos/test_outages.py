"""Runs, commits and undos while any part of the platform dies: each line once, seats and counters exact.

Some kills here; `make chaos ARGS="--kills 500"` does as many as one likes.
"""

from __future__ import annotations

import dataclasses
import json
import random
import time
from collections import Counter
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from app import create_app
from app.db.session import db
from app.enums import AssignmentState
from app.models import Assignment, AssignmentBatch, AssignmentItem, Course, Enrollment
from app.services.counters import verification
from tests.chaos.killed_platform import Platform
from tests.support.factories import Factory
from tests.support.http import Client

FULL = 50
"""So many of the people get no seat."""

VICTIMS = ("worker", "worker", "web", "postgres", "sweep", "redis")


@pytest.fixture
def platform(config, environment):
    def app_of(database_url, redis_url):
        own = dataclasses.replace(config, database_url=database_url, redis_url=redis_url)
        return create_app(dataclasses.replace(own, db_pool_size=4))

    with Platform(environment, app_of) as started:
        yield started
        with started.app.app_context():
            db.engine.dispose()


@pytest.fixture
def storm(platform):
    """Kill parts of the platform at random while an order is carried out, and check the sums after each order."""
    return Storm(platform)


@pytest.mark.timeout(600)
def test_some_kills_lose_and_double_nothing(storm):
    killed = storm.rage(people=1_000, kills=5, calm=0.1)

    assert killed.total() == 5


@pytest.mark.chaos
@pytest.mark.timeout(36_000)
def test_many_kills_lose_and_double_nothing(storm, request, record_property):
    killed = storm.rage(people=20_000, kills=request.config.getoption("kills"), calm=0.7)

    for victim, kills in killed.items():
        record_property(victim, kills)


class Storm:
    def __init__(self, platform):
        self._platform, self._app = platform, platform.app
        self._chance, self._kills, self._killed = random.Random(29), 0, []
        make = Factory(self._app)
        self._make, self._client = make, Client(self._app, None).as_(make.admin())
        self._ledger_lines = 0

    def rage(self, *, people, kills, calm):
        """Orders of each kind, one after the other, until so many kills were made; `calm` seconds lie between two."""
        self._calm, self._most, self._people = calm, kills, people
        sheet = self._gather(people)
        while self._kills < kills:
            course = self._make.course(total_seats=people - FULL)
            assign = f"/courses/{course.id}/assign-multiple?notify=false"
            first = self._order(assign, sheet, **{"Content-Type": "text/csv"})
            self._check(first, course, people - FULL, assigned=people - FULL, no_seat=FULL)
            undone = self._order(f"/assignments/{first}/undo", "{}", **{"Content-Type": "application/json"})
            self._check(undone, course, 0, undone=people - FULL, not_applied=FULL)
            plan = self._order(f"{assign}&mode=preview", sheet, **{"Content-Type": "text/csv"})
            self._check(plan, course, 0, assigned=people - FULL, no_seat=FULL)
            committed = self._commit(plan)
            self._check(committed, course, people - FULL, assigned=people - FULL, no_seat=FULL)
            again = self._order(
                f"/assignments/{committed}/undo", "{}", **{"Content-Type": "application/json"}
            )
            self._check(again, course, 0, undone=people - FULL, not_applied=FULL)
        return Counter(self._killed)

    def _gather(self, people):
        statement = text(
            "INSERT INTO users (email, username, email_verified)"
            " SELECT 'z' || n || '@example.org', 'z' || n, true FROM generate_series(1, :size) n"
        )
        with self._app.app_context():
            db.session.execute(statement, {"size": people})
            db.session.commit()
        return "username\n" + "".join(f"z{number}\n" for number in range(1, people + 1))

    def _order(self, path, body, **headers):
        """Send the order, whatever dies, and kill on until it has ended; the id of its run."""
        key = {"Idempotency-Key": str(uuid4()), "Prefer": "respond-async", **headers}
        self._strike("web", "postgres")
        status, answer = self._platform.post(path, body, self._client.token, **key)
        assert status == 202, answer
        run_id = UUID(json.loads(answer)["data"]["id"])
        while not self._read(lambda: self._has_ended(run_id)):
            self._strike(*VICTIMS)
            time.sleep(0.3)
        return run_id

    def _commit(self, plan):
        etag = self._read(lambda: db.session.get_one(Assignment, plan).plan_etag)
        return self._order(f"/assignments/{plan}/commit", "", **{"If-Match": etag})

    def _strike(self, *victims):
        if self._kills < self._most:
            time.sleep(self._chance.uniform(0, self._calm))
            victim = self._chance.choice(victims)
            self._platform.kill(victim)
            self._kills += 1
            self._killed.append(victim)
            time.sleep(self._chance.uniform(self._calm, 3 * self._calm))

    def _has_ended(self, run_id):
        run = db.session.get_one(Assignment, run_id)
        return run.next_batch > run.batches

    def _read(self, look):
        """A connection that ended with the server is replaced."""
        for _ in range(40):
            try:
                with self._app.app_context():
                    return look()
            except db.exc.OperationalError:
                time.sleep(0.25)
        raise AssertionError("PostgreSQL does not answer")

    def _check(self, run_id, course, seats, **counts):
        def check():
            run = db.session.get_one(Assignment, run_id)
            is_final = {AssignmentState.APPLIED, AssignmentState.PREVIEW, AssignmentState.UNDONE}
            assert run.state in is_final, (run.state, run.last_error)
            assert {outcome: count for outcome, count in run.counts.items() if count} == counts
            lines = select(func.count()).where(AssignmentItem.assignment_id == run_id)
            assert db.session.scalar(lines) == self._people
            of_course = Enrollment.course_id == course.id
            held = select(func.count(Enrollment.user_id.distinct())).where(of_course, Enrollment.holds_seat())
            assert db.session.scalar(held) == seats
            rows = select(func.count(), func.count(Enrollment.user_id.distinct())).where(of_course)
            assert len(set(db.session.execute(rows).one())) == 1
            assert db.session.get_one(Course, course.id).enrollment_count == seats
            assert db.session.scalar(select(func.count()).select_from(AssignmentBatch)) == 0
            assert verification.verify().differences == []

        self._read(check)
