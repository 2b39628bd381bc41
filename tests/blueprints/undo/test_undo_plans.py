"""Previews of an undo, undo of several courses, of plans and of older ledgers; and who may undo."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update

from app.db.session import db, transaction
from app.models import Assignment, AssignmentItem, Course, Enrollment
from tests.support.assigning import counted, outcomes, record, undo
from tests.support.http import assert_refused, data_of

LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_a_preview_of_an_undo_changes_nothing_and_can_be_committed(admin, make, run, stored):
    course = make.course()
    first = run(course, make.student(), make.student())

    plan = data_of(undo(admin, first, mode="preview"))
    assert (plan["state"], outcomes(plan)) == ("PREVIEW", [("undone", None)] * 2)
    assert set(stored(select(Enrollment.status))) == {"ACTIVE"}
    assert record(admin, first)["undone_by"] is None

    report = data_of(admin.post(f"/assignments/{plan['id']}/commit", headers={"If-Match": plan["plan_etag"]}))
    assert (report["id"], report["state"], counted(report)) == (plan["id"], "APPLIED", {"undone": 2})
    assert set(stored(select(Enrollment.status))) == {"CANCELLED"}
    undone = record(admin, first)
    assert (undone["state"], undone["undone_by"]) == ("UNDONE", plan["id"])


def test_a_plan_of_an_undo_is_refused_after_a_change_and_after_another_undo(admin, make, run, stored):
    course, learner = make.course(), make.student()
    first = run(course, learner)
    plan = data_of(undo(admin, first, mode="preview"))
    path, headers = f"/assignments/{plan['id']}/commit", {"If-Match": plan["plan_etag"]}
    run(course, learner, due_in_days=3, on_existing="update_due")

    assert_refused(admin.post(path, headers=headers), 412, "plan_changed")
    data_of(undo(admin, first))
    assert_refused(admin.post(path, headers=headers), 409, "invalid_transition")


def test_a_preview_of_restored_seats_counts_them(admin, make, run):
    course = make.course(total_seats=2)
    first_two, third = [make.student(), make.student()], make.student()
    run(course, *first_two)
    first = run(course, *first_two, verb="unassign")
    run(course, third)

    plan = data_of(undo(admin, first, mode="preview"))

    assert outcomes(plan) == [("undone", None), ("no_seat", "course_full")]


def test_a_run_on_several_courses_is_undone_course_by_course(admin, make, stored):
    one, two = make.course(), make.course()
    people = [make.student(), make.student()]
    body = {
        "action": "assign", "course_ids": [one.code, two.code],
        "user_ids": [str(each.id) for each in people], "notify": False,
    }  # fmt: skip
    first = data_of(admin.post("/assignments", json=body))

    report = data_of(undo(admin, first))

    assert [(line["row"], line["course_id"]) for line in report["results"]] == [
        (row, str(course.id)) for row, course in enumerate([one, one, two, two], 1)
    ]
    assert {course["counts"]["undone"] for course in report["courses"]} == {2}
    assert [course["code"] for course in record(admin, report)["courses"]] == [one.code, two.code]
    assert set(stored(select(Course.enrollment_count))) == {0}


def test_a_committed_plan_can_be_undone(admin, make, run, stored):
    course, learner, left = make.course(price=5), make.student(), make.student()
    make.enrollment(course, left, status="CANCELLED", cancelled_at=LONG_AGO, source="SELF")
    plan = run(course, learner, left, mode="preview")
    data_of(admin.post(f"/assignments/{plan['id']}/commit", headers={"If-Match": plan["plan_etag"]}))

    assert outcomes(data_of(undo(admin, plan))) == [("undone", None)] * 2
    assert stored(select(Enrollment.cancelled_at).where(Enrollment.user_id == left.id)) == [LONG_AGO]


def test_an_older_ledger_is_undone_as_far_as_it_goes(app, admin, make, run, stored):
    course, learner, left = make.course(price=5), make.student(), make.student()
    make.enrollment(course, left, status="CANCELLED", cancelled_at=LONG_AGO, source="SELF")
    first = run(course, learner, left)
    with app.app_context(), transaction():
        db.session.execute(update(AssignmentItem).values(former=None, acted_at=None, after_payment=None))

    assert outcomes(data_of(undo(admin, first))) == [("undone", None)] * 2
    assert set(stored(select(Enrollment.status))) == {"CANCELLED"}
    assert stored(select(Enrollment.source).where(Enrollment.user_id == left.id)) == ["SELF"]


def test_an_instructor_undoes_their_own_runs_in_their_own_courses(app, api, make, stored):
    owner, other, learner = make.instructor(), make.instructor(), make.student()
    course, client = make.course(instructor=owner), api.as_(owner)
    body = {"user_ids": [str(learner.id)], "notify": False}
    first = data_of(client.post(f"/courses/{course.id}/assign-multiple", json=body))
    second = data_of(client.post(f"/courses/{course.id}/unassign-multiple", json=body))

    assert_refused(undo(api.as_(other), first), 404, "not_found")
    assert outcomes(data_of(undo(client, second))) == [("undone", None)]
    with app.app_context(), transaction():
        db.session.execute(update(Course).values(instructor_id=other.id))
    assert_refused(undo(client, first), 403, "forbidden")
    assert stored(select(Assignment.undone_by_id).where(Assignment.id == UUID(first["id"]))) == [None]


def test_a_course_without_end_of_seats_and_in_any_state_can_be_undone(admin, make, run, stored):
    course, learner = make.course(), make.student()
    first = run(course, learner)
    admin.post(f"/courses/{course.id}/archive")

    assert outcomes(data_of(undo(admin, first))) == [("undone", None)]
