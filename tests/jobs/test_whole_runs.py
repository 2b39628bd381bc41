"""Runs that a worker writes in one transaction: what their records say meanwhile, and that no request hangs on them."""

from __future__ import annotations

from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db.session import transaction
from app.jobs import runs
from app.models.enrollment import Enrollment
from app.services.assigning import cancellations, leases
from tests.jobs.test_runs import admin, crowd, record
from tests.support.assigning import ASYNC, commit, commit_by_worker, counted, undo
from tests.support.http import assert_refused, data_of
from tests.support.races import Started, holding

__all__ = ["admin", "crowd"]

HELD = "SELECT FROM courses WHERE id = :id FOR UPDATE"


@pytest.fixture
def course(make):
    return make.course()


@pytest.fixture(params=["atomic", "commit"])
def accepted(request, admin, course, crowd):
    body = {"user_ids": crowd(3), "notify": False}
    path = f"/courses/{course.id}/assign-multiple"
    if request.param == "atomic":
        return data_of(admin.post(path, json={**body, "atomic": True}, headers=ASYNC), 202)
    plan = data_of(admin.post(path, json={**body, "mode": "preview"}))
    return data_of(commit_by_worker(admin, plan), 202)


@pytest.fixture
def plan(admin, course, crowd):
    """A preview of three people."""
    body = {"user_ids": crowd(3), "notify": False, "mode": "preview"}
    return data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))


@pytest.fixture
def being_written(config, app, course):
    """`with being_written(run):` a worker is in the middle of this run; behind the block it has carried it to its end."""

    @contextmanager
    def writing(accepted):
        with holding(config, HELD, id=course.id) as waiting:
            worker = carrying(app, accepted)
            waiting(1)
            yield
        worker.finish()

    return writing


def carrying(app, accepted):
    """A worker that carries this run, in a thread."""

    def carry():
        with app.app_context():
            runs.carry(UUID(accepted["id"]), 60)

    return Started(carry)


def test_a_run_that_is_being_written_whole_is_cancelled_at_its_next_chunk(
    admin, stored, accepted, being_written
):
    with being_written(accepted):
        meanwhile = record(admin, accepted)
        answer = admin.post(f"/assignments/{accepted['id']}/cancel")

    assert (meanwhile["state"], meanwhile["can"]["cancel"]) == ("RUNNING", True)
    assert data_of(answer)["state"] == "RUNNING"
    assert answer.get_json()["message"] == "Cancellation requested: the run stops at its next chunk."
    run = record(admin, accepted)
    if accepted["terms"] and not accepted["terms"]["atomic"]:
        assert (run["can"]["commit"], counted(run)) == (True, {"assigned": 3})
    else:
        assert (run["state"], counted(run)) == ("CANCELLED", {"skipped": 3})
    assert stored(select(Enrollment)) == []


def test_a_commit_that_was_cancelled_can_be_made_again(app, admin, plan, being_written):
    accepted = data_of(commit_by_worker(admin, plan), 202)
    with being_written(accepted):
        data_of(admin.post(f"/assignments/{accepted['id']}/cancel"))

    data_of(commit_by_worker(admin, record(admin, accepted)), 202)
    carrying(app, accepted).finish()

    run = record(admin, accepted)
    assert (run["state"], counted(run)) == ("APPLIED", {"assigned": 3})


def test_what_was_asked_of_a_worker_that_died_is_done_by_the_next(app, admin, stored, accepted):
    with app.app_context(), transaction():
        cancellations.ask(UUID(accepted["id"]))

    carrying(app, accepted).finish()

    assert record(admin, accepted)["state"] in {"CANCELLED", "PREVIEW"}
    assert stored(select(Enrollment)) == []


@pytest.mark.parametrize("act", ["retry", "undo"])
def test_no_other_request_hangs_on_it(admin, accepted, being_written, act):
    with being_written(accepted):
        refused = admin.post(f"/assignments/{accepted['id']}/{act}", json={} if act == "undo" else None)

    assert_refused(refused, 409, "invalid_transition")


def test_a_second_commit_does_not_hang_on_the_first(admin, plan, being_written):
    accepted = data_of(commit_by_worker(admin, plan), 202)

    with being_written(accepted):
        refused = commit(admin, plan)

    assert_refused(refused, 409, "invalid_transition")


def test_a_run_whose_worker_died_before_it_wrote_anything_can_be_cancelled(app, admin, accepted):
    with app.app_context(), transaction():
        leases.claim(UUID(accepted["id"]))

    answer = data_of(admin.post(f"/assignments/{accepted['id']}/cancel"))

    assert answer["state"] in {"CANCELLED", "PREVIEW"}


def test_the_undo_of_a_run_whose_undo_is_being_committed_is_refused(admin, course, crowd, being_written):
    body = {"user_ids": crowd(3), "notify": False}
    first = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))
    accepted = data_of(commit_by_worker(admin, data_of(undo(admin, first, mode="preview"))), 202)

    with being_written(accepted):
        refused = undo(admin, first)

    assert_refused(refused, 409, "invalid_transition")
    assert record(admin, first)["state"] == "UNDONE"
