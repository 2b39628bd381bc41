"""Commits and atomic runs that a worker carries, plans that expired, and those of others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update

from app.db.session import db, transaction
from app.models import Assignment, AssignmentItem, Course, Enrollment, Notice, User
from app.services.counters import verification
from app.services.retention import retention
from tests.support.assigning import ASYNC, commit, commit_by_worker, let_expire
from tests.support.http import assert_refused, data_of

LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)


def set_active(app, user, *, is_active):
    with app.app_context(), transaction():
        db.session.execute(update(User).where(User.id == user.id).values(is_active=is_active))


def test_a_worker_commits_a_plan(admin, make, plan, work_off, stored):
    course = make.course(total_seats=2)
    left = make.student()
    make.enrollment(course, left, status="CANCELLED", cancelled_at=LONG_AGO)
    preview = plan(course, make.student(), left, make.student(), due_in_days=3)

    accepted = data_of(commit_by_worker(admin, preview), 202)
    assert (accepted["id"], accepted["state"]) == (preview["id"], "QUEUED")
    assert accepted["can"] == {"commit": False, "cancel": True, "retry": False, "undo": False}
    assert_refused(commit(admin, preview), 409, "invalid_transition")
    work_off()

    run = data_of(admin.get(f"/assignments/{preview['id']}"))
    assert (run["state"], run["counts"]) == ("APPLIED", preview["counts"])
    assert run["job"] == {"attempts": 1, "last_error": None}
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [2]
    assert stored(select(func.count()).select_from(Enrollment)) == [2]
    assert stored(select(func.count()).select_from(Notice)) == [4]
    ledger = data_of(admin.get(f"/assignments/{preview['id']}/items"))
    assert [line["outcome"] for line in ledger] == ["assigned", "reactivated", "no_seat"]


def test_a_plan_that_no_longer_holds_is_a_preview_again(app, admin, make, plan, work_off, stored):
    course, gone = make.course(), make.student()
    preview = plan(course, make.student(), gone)
    data_of(commit_by_worker(admin, preview), 202)
    set_active(app, gone, is_active=False)
    work_off()

    run = data_of(admin.get(f"/assignments/{preview['id']}"))
    assert (run["state"], run["plan_etag"]) == ("PREVIEW", preview["plan_etag"])
    assert (
        "1 of 2 lines of the plan would now be decided differently, among them row 2"
        in run["job"]["last_error"]
    )
    assert run["counts"] == preview["counts"]
    assert stored(select(Enrollment.id)) == []
    assert stored(select(func.count()).select_from(Assignment)) == [1]

    set_active(app, gone, is_active=True)
    assert commit(admin, preview).status_code == 200
    assert len(stored(select(Enrollment.id))) == 2


def test_a_commit_that_waits_for_a_worker_can_be_cancelled(admin, make, plan, work_off, stored):
    preview = plan(make.course(), make.student())
    data_of(commit_by_worker(admin, preview), 202)

    cancelled = data_of(admin.post(f"/assignments/{preview['id']}/cancel"))
    work_off()

    assert (cancelled["state"], cancelled["can"]["commit"]) == ("PREVIEW", True)
    assert stored(select(Enrollment.id)) == []
    assert commit(admin, preview).status_code == 200


def test_an_expired_plan_says_so_as_long_as_it_is_remembered(app, admin, make, plan, stored):
    preview = plan(make.course(), make.student())
    let_expire(app, hours=25)
    assert_refused(commit(admin, preview), 409, "plan_expired")
    with app.app_context(), transaction():
        assert not retention.purge_previews()
    assert_refused(commit(admin, preview), 409, "plan_expired")
    assert stored(select(AssignmentItem.row)) == []
    assert_refused(admin.get(f"/assignments/{preview['id']}"), 404, "not_found")

    let_expire(app, days=30)
    with app.app_context(), transaction():
        retention.purge_previews()
        assert verification.verify().differences == []
    assert_refused(commit(admin, preview), 404, "not_found")


def test_a_changed_due_date_decides_nothing_and_is_in_the_ledger_for_an_undo(admin, make, plan, stored):
    course, learner = make.course(), make.student()
    make.enrollment(course, learner)
    preview = plan(course, learner, due_in_days=9, on_existing="update_due")
    sent = {"user_ids": [str(learner.id)], "due_in_days": 4, "on_existing": "update_due"}
    between = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=sent))

    report = data_of(commit(admin, preview))

    assert report["results"][0]["before"] == between["results"][0]["after"]
    assert report["results"][0]["after"] == preview["results"][0]["after"]
    admin.post(f"/assignments/{report['id']}/undo", json={})
    (due_at,) = stored(select(Enrollment.due_at))
    assert due_at.isoformat().startswith(between["results"][0]["after"]["due_at"].removesuffix("Z"))


@pytest.mark.parametrize("is_good", [True, False])
def test_a_worker_writes_an_atomic_run_whole_or_not_at_all(admin, make, work_off, stored, is_good):
    one, two, people = make.course(), make.course(total_seats=2), [make.student() for _ in range(2)]
    body = {
        "action": "assign", "course_ids": [one.code, two.code], "atomic": True,
        "user_ids": [str(each.id) for each in people] + ([] if is_good else ["nobody"]),
    }  # fmt: skip

    accepted = data_of(admin.post("/assignments", json=body, headers=ASYNC), 202)
    work_off()

    run = data_of(admin.get(f"/assignments/{accepted['id']}"))
    assert run["state"] == ("APPLIED" if is_good else "REFUSED")
    assert run["counts"]["assigned" if is_good else "skipped"] == 4
    assert len(stored(select(Enrollment.id))) == (4 if is_good else 0)
    assert len(stored(select(Notice.id))) == (8 if is_good else 0)


def test_all_or_nothing_has_a_limit_of_its_own(admin, make):
    names = [f"n{number}" for number in range(100_001)]
    refused = admin.post(
        f"/courses/{make.course().id}/assign-multiple", json={"usernames": names, "atomic": True}
    )

    assert_refused(refused, 422, "invalid_request")
    assert "100,000" in str(refused.get_json()["error"]["details"]["atomic"])


def test_another_instructors_plan_is_unknown(api, make, plan):
    preview = plan(make.course(), make.student())

    assert_refused(commit(api.as_(make.instructor()), preview), 404, "not_found")


def test_a_preview_that_was_cancelled_expires_as_any(app, admin, make, work_off, stored):
    body = {"user_ids": [str(make.student().id)], "mode": "preview"}
    path = f"/courses/{make.course().id}/assign-multiple"
    accepted = data_of(admin.post(path, json=body, headers=ASYNC), 202)
    admin.post(f"/assignments/{accepted['id']}/cancel")
    work_off()
    with app.app_context(), transaction():
        retention.purge_previews()
    assert stored(select(AssignmentItem.outcome)) == ["skipped"], "it has not expired"

    for time, left in (({"hours": 25}, 1), ({"days": 30}, 0)):
        let_expire(app, **time)
        with app.app_context(), transaction():
            retention.purge_previews()
            assert verification.verify().differences == []
        assert stored(select(AssignmentItem.row)) == []
        assert len(stored(select(Assignment.id))) == left
