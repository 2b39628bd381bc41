"""Preview and commit: the plan that was shown is written, line by line, or nothing is."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from app.db.session import db, transaction
from app.models import Assignment, Course, Enrollment, Notice, User
from tests.support.assigning import commit, decisions
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes


def set_active(app, user, *, is_active):
    with app.app_context(), transaction():
        db.session.execute(update(User).where(User.id == user.id).values(is_active=is_active))


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
