"""Runs on several courses and commits, by a worker: counts of each course, and turns on the courses they share."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.db.session import transaction
from app.services.assigning import leases
from tests.jobs.test_runs import admin, carry_in_small_chunks, crowd, enqueue, one_chunk, record
from tests.support.assigning import ASYNC, commit_by_worker, counted
from tests.support.http import data_of

__all__ = ["admin", "crowd", "enqueue"]


@pytest.fixture
def claims(app):
    """Which of these runs a worker may carry now, if it asks for them in this order."""

    def ask(*accepted):
        with app.app_context(), transaction():
            return [leases.claim(UUID(run["id"])) is not None for run in accepted]

    return ask


def of_courses(run):
    return [(course["requested"], course["unique"], counted(course)) for course in run["courses"]]


@pytest.mark.parametrize("verb", ["assign", "unassign"])
def test_a_run_that_stops_is_counted_course_by_course(app, admin, make, crowd, work_off, verb):
    one, two, people = make.course(), make.course(), crowd(300)
    body = {"action": verb, "course_ids": [one.code, two.code], "user_ids": people, "notify": False}
    accepted = data_of(admin.post("/assignments", json=body, headers=ASYNC), 202)
    one_chunk(app, accepted)
    admin.post(f"/assignments/{accepted['id']}/cancel")
    work_off()

    done = "assigned" if verb == "assign" else "not_enrolled"
    run = record(admin, accepted)
    assert (run["state"], counted(run)) == ("CANCELLED", {done: 250, "skipped": 350})
    assert of_courses(run) == [
        (300, 300, {done: 250, "skipped": 50}),
        (300, 300, {"skipped": 300}),
    ]


def test_an_undo_that_stops_is_counted_course_by_course(app, admin, make, crowd, work_off):
    body = {
        "action": "assign", "course_ids": [make.course().code, make.course().code], "user_ids": crowd(300),
        "notify": False,
    }  # fmt: skip
    first = data_of(admin.post("/assignments", json=body))
    accepted = data_of(admin.post(f"/assignments/{first['id']}/undo", json={}, headers=ASYNC), 202)
    one_chunk(app, accepted)
    admin.post(f"/assignments/{accepted['id']}/cancel")
    work_off()

    assert of_courses(record(admin, accepted)) == [
        (300, 300, {"undone": 250, "skipped": 50}),
        (300, 300, {"skipped": 300}),
    ]


def test_a_run_waits_for_an_earlier_commit_on_its_course(admin, make, crowd, enqueue, claims):
    course, other, people = make.course(), make.course(), crowd(3)
    preview = planned(admin, course, people)
    committing = data_of(commit_by_worker(admin, preview), 202)
    later = enqueue(course, people)
    body = {"action": "assign", "course_ids": [other.code, course.code], "user_ids": people}
    of_both = data_of(admin.post("/assignments", json=body, headers=ASYNC), 202)
    of_other, elsewhere = enqueue(other, people), enqueue(make.course(), people)

    assert claims(later, of_both, committing) == [False, False, True]
    assert claims(of_other, elsewhere) == [False, True], "the former waits for the run on both courses"


def test_a_commit_waits_for_an_earlier_run_on_its_course(app, admin, make, crowd, enqueue, claims):
    course, people = make.course(), crowd(3)
    earlier = enqueue(course, people)
    plan = planned(admin, course, people)
    committing = data_of(commit_by_worker(admin, plan), 202)

    assert claims(committing) == [False]
    carry_in_small_chunks(app, earlier)
    assert claims(committing) == [True]


def test_the_commit_of_an_older_preview_waits_while_a_later_run_is_carried(
    app, admin, make, crowd, enqueue, claims
):
    """It would hold the course for its whole length, and each chunk of the other run would wait for that."""
    course, people = make.course(), crowd(300)
    plan = planned(admin, course, people)
    later = enqueue(course, people)
    run_id = UUID(later["id"])
    with app.app_context(), transaction():
        lease = leases.claim(run_id)
    committing = data_of(commit_by_worker(admin, plan), 202)

    assert claims(committing) == [False]
    with app.app_context(), transaction():
        leases.release(run_id, lease)
    assert claims(later, committing, later) == [False, True, False]


def planned(admin, course, people):
    body = {"user_ids": people, "notify": False, "mode": "preview"}
    return data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))
