"""Runs that wait for a worker: each has one job in the queue, however many there are, and a lost one is replaced."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.adapters import queue
from app.jobs import runs
from tests.jobs.test_runs import admin, crowd, enqueue, let_leases_expire

__all__ = ["admin", "crowd", "enqueue"]


@pytest.fixture
def eight(app, make, crowd, enqueue, monkeypatch):
    """Eight runs, accepted an hour ago, of which three are looked at in the queue at a time."""
    monkeypatch.setattr(runs, "ENQUEUED_AT_ONCE", 3)
    people = crowd(2)
    accepted = [enqueue(make.course(), people) for _ in range(8)]
    let_leases_expire(app)
    return accepted


def test_runs_behind_those_that_are_looked_at_are_not_enqueued_again(app, eight):
    with app.app_context():
        enqueued = [runs.enqueue_waiting() for _ in range(3)]

        assert (enqueued, queue.runs().count) == ([0, 0, 0], 8)


def test_jobs_that_redis_has_lost_are_replaced_once(app, eight):
    with app.app_context():
        queue.connection().flushdb()
        enqueued = [runs.enqueue_waiting() for _ in range(5)]

        assert (enqueued, queue.runs().count) == ([3, 3, 2, 0, 0], 8)


def test_a_run_that_goes_on_later_is_not_enqueued_twice(app, eight):
    with app.app_context():
        jobs = queue.runs()
        jobs.remove(jobs.get_job_ids()[0])
        run_id = UUID(eight[0]["id"])
        assert runs.carry(run_id, 0)
        queue.carry_run(run_id)

        assert (runs.enqueue_waiting(), jobs.count) == (0, 8)
