"""Commits of large plans: written part by part, with mails that the sweep enqueues, and more time than other jobs."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update

from app.adapters import queue
from app.db.session import db, transaction
from app.enums import Lane, PaymentStatus, Role
from app.jobs import periodic, runs
from app.models import Assignment, Course, Enrollment, Notice, User
from app.services.assigning import plans
from app.services.counters import verification
from app.services.messaging import outbox
from app.services.retention import retention
from tests.jobs.test_runs import admin, crowd, let_leases_expire, record
from tests.support.assigning import ASYNC, commit, commit_by_worker, counted, undo
from tests.support.http import assert_refused, data_of

__all__ = ["admin", "crowd"]


@pytest.fixture
def largest_list(app):
    """The length of the longest list that a statement of the block was sent."""

    @contextmanager
    def watching():
        lengths = [0]

        def note(_connection, _cursor, _statement, parameters, _context, _many):
            values = parameters.values() if isinstance(parameters, dict) else ()
            lengths.extend(len(value) for value in values if isinstance(value, list))

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield lambda: max(lengths)
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return watching


@pytest.mark.parametrize("is_undo", [False, True])
def test_a_plan_is_written_part_by_part(
    app, admin, make, crowd, work_off, stored, monkeypatch, largest_list, is_undo
):
    monkeypatch.setattr(plans, "LINES_AT_ONCE", 4, raising=False)
    one, two, people = make.course(total_seats=30), make.course(), crowd(20)
    for person in people[:6]:
        data_of(admin.post(f"/courses/{two.id}/assign-multiple", json={"user_ids": [person]}))
    data_of(admin.post(f"/courses/{two.id}/unassign-multiple", json={"user_ids": people[:3]}))
    rows = "".join(f"{person},{course.code}\n" for person in people for course in (one, two))
    path = "/assignments?action=assign&mode=preview&notify=false"
    plan = data_of(admin.post(path, data=f"user_id,course\n{rows}", content_type="text/csv"))

    with largest_list() as longest:
        data_of(commit_by_worker(admin, plan), 202)
        work_off()
        if is_undo:
            plan = data_of(undo(admin, plan, mode="preview"))
            data_of(commit_by_worker(admin, plan), 202)
            work_off()

    run = record(admin, plan)
    done = (
        {"undone": 37, "not_applied": 3}
        if is_undo
        else {"assigned": 34, "reactivated": 3, "already_enrolled": 3}
    )
    assert (run["state"], counted(run)) == ("APPLIED", done)
    seats = stored(select(Course.enrollment_count).where(Course.id.in_([one.id, two.id])).order_by(Course.id))
    assert seats == ([0, 3] if is_undo else [20, 20])
    assert stored(select(func.count()).where(Enrollment.holds_seat())) == [sum(seats)]
    assert longest() <= 4
    with app.app_context():
        assert verification.verify().differences == []


def test_of_very_many_mails_the_sweep_enqueues_the_rest(
    app, admin, make, crowd, work_off, stored, monkeypatch, age
):
    monkeypatch.setattr(outbox, "MOST_ENQUEUED", 3, raising=False)
    body = {"user_ids": crowd(10), "mode": "preview"}
    plan = data_of(admin.post(f"/courses/{make.course().id}/assign-multiple", json=body))

    data_of(admin.post(f"/assignments/{plan['id']}/commit", headers={"If-Match": plan["plan_etag"]}))

    waiting = select(func.count()).where(Notice.state == "QUEUED")
    with app.app_context():
        assert [len(job.args[0]) for job in queue.jobs(Lane.BULK).get_jobs()] == [3]
    work_off()
    assert stored(waiting) == [7]
    age(3_600)
    with app.app_context():
        periodic.sweep_notices()
    work_off()
    assert stored(waiting) == [0]


@pytest.mark.parametrize("body", [{"atomic": True}, {"mode": "preview"}])
def test_what_is_written_whole_has_more_time_than_other_jobs(app, admin, make, crowd, body):
    path, people = f"/courses/{make.course().id}/assign-multiple", crowd(3)
    if "mode" in body:
        commit_by_worker(admin, data_of(admin.post(path, json={"user_ids": people, **body})))
    else:
        admin.post(path, json={"user_ids": people, **body}, headers=ASYNC)
    ordinary = f"/courses/{make.course().id}/assign-multiple"
    admin.post(ordinary, json={"user_ids": people}, headers=ASYNC)

    with app.app_context():
        accepted = [job.timeout for job in queue.runs().get_jobs()]
        queue.runs().empty()
    let_leases_expire(app)
    with app.app_context():
        assert runs.enqueue_waiting() == 2
        found = [job.timeout for job in queue.runs().get_jobs()]

    assert accepted == found == [queue.LONGEST_WHOLE_RUN_JOB, queue.LONGEST_RUN_JOB]
    assert queue.LONGEST_WHOLE_RUN_JOB >= 10 * queue.LONGEST_RUN_JOB


@pytest.mark.parametrize("is_large", [False, True])
def test_enrollments_of_a_plan_are_from_who_commits_it(api, make, crowd, work_off, stored, is_large):
    """An admin's assignment is free of charge, an instructor's is not, whoever made the preview."""
    owner, instructor = make.admin(), make.instructor()
    admin, course = api.as_(owner), make.course(instructor=instructor, price=10)
    order = {"user_ids": crowd(2), "notify": False, "mode": "preview"}
    plan = data_of(api.as_(instructor).post(f"/courses/{course.id}/assign-multiple", json=order))

    (commit_by_worker if is_large else commit)(admin, plan)
    work_off()

    found = stored(select(Enrollment))
    assert {each.payment_status for each in found} == {PaymentStatus.WAIVED}
    assert {each.assigned_by for each in found} == {owner.id}
    assert record(admin, plan)["committed_by"] == str(owner.id)


def test_a_plan_of_an_admin_who_is_none_any_more_is_committed_by_another(
    api, app, admin, make, crowd, work_off, stored
):
    former = make.admin()
    order = {"user_ids": crowd(2), "notify": False, "mode": "preview"}
    course = make.course()
    plan = data_of(api.as_(former).post(f"/courses/{course.id}/assign-multiple", json=order))
    with app.app_context(), transaction():
        db.session.execute(update(User).where(User.id == former.id).values(role=Role.INSTRUCTOR))

    commit_by_worker(admin, plan)
    work_off()

    run = record(admin, plan)
    assert (run["state"], run["job"]["last_error"]) == ("APPLIED", None)
    assert len(stored(select(Enrollment))) == 2


def test_a_plan_expires_by_the_clock_that_deletes_its_ledger(app, admin, make, crowd, stored):
    order = {"user_ids": crowd(2), "notify": False, "mode": "preview"}
    plan = data_of(admin.post(f"/courses/{make.course().id}/assign-multiple", json=order))
    with app.app_context(), transaction():
        db.session.execute(update(Assignment).values(expires_at=func.now() - timedelta(minutes=1)))
    with app.app_context(), transaction():
        retention.purge_previews()
    with app.app_context(), transaction():
        # As on a node whose clock is late.
        db.session.execute(update(Assignment).values(expires_at=func.now() + timedelta(minutes=1)))

    assert_refused(commit(admin, plan), 409, "plan_expired")
    assert stored(select(Enrollment)) == []
