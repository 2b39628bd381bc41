"""Overlapping runs on shared people and courses: no deadlock, no seat too many, and ledgers that agree with the tables."""

from __future__ import annotations

import random
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app.db.session import db
from app.jobs import runs
from app.models import Course, Enrollment
from app.services.counters import verification
from tests.services.assigning.test_assignments_races import admin, crowd, deadlocks
from tests.support.http import data_of
from tests.support.races import at_once, outcomes

__all__ = ["admin", "crowd", "deadlocks"]

PAIRS = 20


@pytest.mark.parametrize("pair", range(PAIRS))
def test_a_pair_of_overlapping_runs(app, admin, make, crowd, deadlocks, pair):
    chance = random.Random(pair)
    courses = [make.course(total_seats=chance.choice([None, 120])) for _ in range(3)]
    people, before = crowd(200), deadlocks()

    def order(size):
        some = chance.sample(people, size)
        return {
            "action": chance.choice(["assign", "assign", "unassign"]),
            "course_ids": [str(course.id) for course in chance.sample(courses, 3)],
            "user_ids": some,
        }

    accepted = [
        data_of(admin.post("/assignments", json=order(150), headers={"Prefer": "respond-async"}), 202)
        for _ in range(2)
    ]

    def work():
        with app.app_context():
            for run in accepted:
                runs.carry(UUID(run["id"]), 20)

    in_request = [order(150), order(150)]
    answers = at_once(
        work,
        work,
        *[lambda body=body: admin.post("/assignments", json=body) for body in in_request],
    )
    work()

    assert outcomes(answers[2:]) == {"200": 2}
    records = [data_of(admin.get(f"/assignments/{run['id']}")) for run in accepted]
    assert {(run["state"], sum(run["counts"].values())) for run in records} == {("APPLIED", 450)}
    assert deadlocks() == before
    with app.app_context():
        for course in courses:
            held = select(func.count()).where(Enrollment.course_id == course.id, Enrollment.holds_seat())
            found = db.session.get_one(Course, course.id)
            assert found.enrollment_count == db.session.scalar(held)
            assert found.total_seats is None or found.enrollment_count <= found.total_seats
        assert db.session.scalar(text("SELECT count(*) FROM assignment_batches")) == 0
        assert not verification.verify().differences
