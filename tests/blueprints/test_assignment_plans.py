"""Preview and commit: the plan that was shown is written, line by line, or nothing is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.db.session import db, transaction
from app.models import Assignment, AssignmentItem, Course, Enrollment, Notice, User
from app.services.counters import verification
from app.services.retention import retention
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes

ASYNC = {"Prefer": "respond-async"}
LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def plan(admin):
    """A preview of these people; the report."""

    def preview(course, *people, verb="assign", **body):
        sent = {"user_ids": [str(person.id) for person in people], "mode": "preview", **body}
        return data_of(admin.post(f"/courses/{course.id}/{verb}-multiple", json=sent))

    return preview


def commit(client, plan, etag=None):
    headers = {"If-Match": plan["plan_etag"] if etag is None else etag}
    return client.post(f"/assignments/{plan['id']}/commit", headers=headers)


def commit_by_worker(client, plan):
    headers = {"If-Match": plan["plan_etag"], **ASYNC}
    return client.post(f"/assignments/{plan['id']}/commit", headers=headers)


def let_expire(app, **by):
    with app.app_context(), transaction():
        earlier = Assignment.expires_at - timedelta(**by)
        db.session.execute(update(Assignment).values(expires_at=earlier))


def decisions(report):
    return [(line["input"], line["outcome"], line["code"]) for line in report["results"]]


def test_an_unchanged_plan_is_written_exactly(admin, make, plan, stored):
    course = make.course(total_seats=2)
    people = [make.student() for _ in range(3)]
    preview = plan(course, *people, emails=["nobody@example.org"], due_in_days=3)

    report = data_of(commit(admin, preview))

    assert decisions(report) == decisions(preview)
    assert (report["id"], report["state"], report["plan_etag"]) == (preview["id"], "APPLIED", None)
    assert [line["after"] for line in report["results"]] == [line["after"] for line in preview["results"]]
    written = [line["enrollment_id"] for line in report["results"][:2]]
    assert sorted(written) == sorted(map(str, stored(select(Enrollment.id))))
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [2]
    assert stored(select(func.count()).select_from(Notice)) == [4]
    assert stored(select(func.count()).select_from(Assignment)) == [1]
    record = data_of(admin.get(f"/assignments/{report['id']}"))
    assert (record["state"], record["can"]["commit"]) == ("APPLIED", False)


@pytest.mark.parametrize("etag", ['"{}"', "{}"])
def test_the_etag_is_sent_back_as_it_came(admin, make, plan, etag):
    preview = plan(make.course(), make.student())

    assert commit(admin, preview, etag.format(preview["plan_etag"])).status_code == 200


def test_a_changed_decision_refuses_the_whole_plan_and_names_the_line(app, admin, make, plan, stored):
    course, gone, other = make.course(), make.student(), make.student()
    preview = plan(course, gone, other)
    set_active(app, gone, is_active=False)

    refused = commit(admin, preview)

    assert_refused(refused, 412, "plan_changed")
    assert refused.get_json()["error"]["details"] == {
        "changed": 1,
        "rows": [
            {
                "row": 1,
                "input": str(gone.id),
                "user_id": str(gone.id),
                "course_id": str(course.id),
                "planned": {"outcome": "assigned", "code": None},
                "present": {"outcome": "inactive", "code": "user_inactive"},
            }
        ],
    }
    assert stored(select(Enrollment.id)) == []

    set_active(app, gone, is_active=True)
    assert commit(admin, preview).status_code == 200
    assert len(stored(select(Enrollment.id))) == 2


def test_a_course_that_closed_changes_every_decision(admin, make, plan):
    course = make.course()
    preview = plan(course, make.student(), make.student())
    admin.post(f"/courses/{course.id}/archive")

    assert_refused(commit(admin, preview), 412, "plan_changed")


def test_a_plan_needs_its_own_etag_and_is_written_once(admin, make, plan):
    preview = plan(make.course(), make.student())
    path = f"/assignments/{preview['id']}/commit"

    assert_refused(admin.post(path), 428, "precondition_required")
    assert_refused(admin.post(path, headers={"If-Match": " "}), 428, "precondition_required")
    assert_refused(commit(admin, preview, '"another"'), 412, "precondition_failed")
    assert_refused(commit(admin, preview, "*"), 412, "precondition_failed")
    assert commit(admin, preview).status_code == 200
    assert_refused(commit(admin, preview), 409, "invalid_transition")


def test_a_plan_that_unassigns(admin, make, plan, stored):
    course, learner = make.course(), make.student()
    make.enrollment(course, learner)
    preview = plan(course, learner, verb="unassign")

    report = data_of(commit(admin, preview))

    assert report["counts"]["unassigned"] == 1
    assert stored(select(Enrollment.status)) == ["CANCELLED"]
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [0]


def test_a_plan_for_several_courses_from_a_worker(admin, make, work_off, stored):
    first, second, person = make.course(), make.course(), make.student()
    body = {
        "action": "assign", "course_ids": [first.code, second.code], "user_ids": [str(person.id)],
        "mode": "preview",
    }  # fmt: skip
    accepted = data_of(admin.post("/assignments", json=body, headers={"Prefer": "respond-async"}), 202)
    work_off()
    preview = data_of(admin.get(f"/assignments/{accepted['id']}"))

    report = data_of(commit(admin, preview))

    assert {course["counts"]["assigned"] for course in report["courses"]} == {1}
    assert len(stored(select(Enrollment.id))) == 2


def test_an_atomic_plan_with_a_refusal_writes_nothing(admin, make, plan, stored):
    preview = plan(make.course(), make.student(), emails=["nobody@example.org"], atomic=True)

    report = data_of(commit(admin, preview))

    assert (report["state"], report["counts"]["skipped"]) == ("REFUSED", 1)
    assert stored(select(Enrollment.id)) == []


def test_two_commits_at_once_write_the_plan_once(admin, make, plan, stored):
    preview = plan(make.course(), *[make.student() for _ in range(20)])

    answers = at_once(*[lambda: commit(admin, preview)] * 4)

    assert outcomes(answers) == {"200": 1, "409 invalid_transition": 3}
    assert len(stored(select(Enrollment.id))) == 20


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


def set_active(app, user, *, is_active):
    with app.app_context(), transaction():
        db.session.execute(update(User).where(User.id == user.id).values(is_active=is_active))
