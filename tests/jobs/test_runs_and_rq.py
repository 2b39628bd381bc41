"""The traps of RQ, each with a run that has to be right in spite of it."""

from __future__ import annotations

from uuid import UUID

import pytest
from rq.timeouts import JobTimeoutException
from sqlalchemy import func, select

from app.adapters import queue
from app.db.session import transaction
from app.jobs import periodic, runs
from app.models import AssignmentItem, Enrollment
from app.services.assigning import carrying, leases
from tests.jobs.test_runs import admin, crowd, enqueue, let_leases_expire, record

__all__ = ["admin", "crowd", "enqueue"]


def test_a_run_that_is_enqueued_again_while_it_runs_has_a_job_of_its_own(app, make, crowd, enqueue):
    """RQ overwrites a job that is enqueued under the id of one that runs."""
    accepted = enqueue(make.course(), crowd(3))
    with app.app_context():
        queue.carry_run(UUID(accepted["id"]))

        ids = queue.runs().get_job_ids()

    assert len(ids) == len(set(ids)) == 2


def test_a_job_that_is_enqueued_twice_carries_the_run_once(
    app, admin, make, crowd, enqueue, work_off, stored
):
    """redis-py repeats a command whose answer was lost."""
    accepted = enqueue(make.course(), crowd(300))
    with app.app_context():
        (job,) = queue.runs().get_jobs()
        queue.connection().rpush(queue.runs().key, job.id)

    work_off()

    run = record(admin, accepted)
    assert (run["state"], run["job"]["attempts"]) == ("APPLIED", 1)
    assert stored(select(func.count()).select_from(AssignmentItem)) == [300]


def test_no_job_of_a_run_is_retried_by_rq(app, make, crowd, enqueue):
    """RQ retries a cancelled job that fails; here the sweep alone decides, by the run's record."""
    enqueue(make.course(), crowd(3))
    with app.app_context():
        (job,) = queue.runs().get_jobs()

        assert not job.retries_left
        assert job.timeout > runs.SLICE_SECONDS


def test_a_job_of_a_cancelled_run_writes_nothing(admin, make, crowd, enqueue, work_off, stored):
    accepted = enqueue(make.course(), crowd(3))
    admin.post(f"/assignments/{accepted['id']}/cancel")

    work_off()

    assert record(admin, accepted)["state"] == "CANCELLED"
    assert stored(select(Enrollment.id)) == []


def test_asking_for_the_depth_puts_no_abandoned_job_back(app, make, crowd, enqueue):
    enqueue(make.course(), crowd(3))
    with app.app_context():
        ours = queue.runs()
        (job,) = ours.get_jobs()
        ours.empty()
        queue.connection().zadd(ours.started_job_registry.key, {job.id: 1})

        depth = queue.depth(ours)

        assert (depth["queued"], depth["started"]) == (0, 1)
        assert ours.count == 0


@pytest.mark.usefixtures("listening")
def test_a_timeout_ends_the_job_and_not_the_run(app, admin, make, crowd, enqueue, work_off, monkeypatch):
    """`except Exception` would swallow the timeout that RQ raises in the middle of a chunk."""
    accepted = enqueue(make.course(), crowd(300))
    step, calls = carrying.take_step, []

    def late(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise JobTimeoutException
        return step(*arguments)

    monkeypatch.setattr(carrying, "take_step", late)
    with app.app_context(), pytest.raises(JobTimeoutException):
        runs.work(accepted["id"])
    assert len(calls) == 1

    let_leases_expire(app)
    with app.app_context():
        periodic.sweep_runs()
    work_off()

    assert record(admin, accepted)["counts"]["assigned"] == 300


@pytest.mark.usefixtures("listening")
def test_a_job_that_lasts_gives_way_and_enqueues_the_run_again(
    app, admin, make, crowd, enqueue, work_off, monkeypatch
):
    first, second = enqueue(make.course(), crowd(1_200)), enqueue(make.course(), crowd(3, "d"))
    monkeypatch.setattr(runs, "SLICE_SECONDS", 1e-9)
    with app.app_context():
        queue.runs().empty()
        runs.work(first["id"])
        waiting = [UUID(job.args[0]) for job in queue.runs().get_jobs()]
        monkeypatch.setattr(runs, "SLICE_SECONDS", 60.0)
    let_leases_expire(app)
    with app.app_context():
        periodic.sweep_runs()
    work_off()

    assert UUID(first["id"]) in waiting
    assert {record(admin, each)["state"] for each in (first, second)} == {"APPLIED"}


def test_a_job_that_loses_redis_on_the_way_has_not_failed(app, admin, make, crowd, enqueue, without_redis):
    accepted = enqueue(make.course(), crowd(3))

    with app.app_context():
        runs.work(accepted["id"])

    assert record(admin, accepted)["state"] == "APPLIED"


@pytest.mark.usefixtures("listening")
def test_the_sweep_enqueues_no_run_that_is_in_the_queue(app, make, crowd, enqueue):
    enqueue(make.course(), crowd(3))
    let_leases_expire(app)
    with app.app_context():
        periodic.sweep_runs()
        assert queue.runs().count == 1
        with transaction():
            assert len(leases.take_waiting(10)) == 1
