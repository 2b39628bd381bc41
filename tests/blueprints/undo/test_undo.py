"""Undo of a run: new enrollments count as never begun, and a run is undone once."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Course, Enrollment
from tests.support.assigning import outcomes, record, undo
from tests.support.http import assert_refused, data_of


def test_a_new_enrollment_is_cancelled_and_counts_as_never_begun(api, admin, make, run, stored):
    course, learner = make.course(total_seats=3), make.student()
    first = run(course, learner, due_in_days=3, emails=["nobody@example.org"])
    (enrollment_id,) = stored(select(Enrollment.id))

    report = data_of(undo(admin, first, reason="The wrong list"))

    assert outcomes(report) == [("undone", None), ("not_applied", "not_found")]
    assert report["counts"] == {
        "undone": 1, "kept_started": 0, "kept_completed": 0, "kept_changed": 0, "not_applied": 1, "no_seat": 0,
    }  # fmt: skip
    assert report["results"][0]["before"]["status"] == "ACTIVE"
    assert report["results"][0]["after"]["status"] == "CANCELLED"
    assert report["results"][0]["input"] == str(learner.id)
    assert stored(select(Enrollment.status)) == ["CANCELLED"]
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [0]

    own = api.as_(learner)
    assert data_of(own.get("/enrollments")) == []
    assert own.get("/enrollments").get_json()["count"] == 0
    assert_refused(own.get(f"/enrollments/{enrollment_id}"), 404, "not_found")
    assert data_of(own.get("/dashboard/student"))["enrolled"] == 0
    roster = f"/courses/{course.id}/enrollments"
    assert admin.get(roster).get_json()["count"] == 0
    assert data_of(admin.get(roster)) == []
    cancelled = admin.get(roster, query_string={"status": "CANCELLED"})
    assert cancelled.get_json()["count"] == 1
    assert [row["id"] for row in data_of(cancelled)] == [str(enrollment_id)]
    assert data_of(admin.get(f"/enrollments/{enrollment_id}"))["status"] == "CANCELLED"


def test_the_instructor_does_not_see_what_was_undone(api, admin, make, run, stored):
    owner = make.instructor()
    course = make.course(instructor=owner)
    undo(admin, run(course, make.student()))
    (enrollment_id,) = stored(select(Enrollment.id))

    client = api.as_(owner)

    found = client.get(f"/courses/{course.id}/enrollments", query_string={"status": "CANCELLED"})
    assert (found.get_json()["count"], data_of(found)) == (0, [])
    assert_refused(client.get(f"/enrollments/{enrollment_id}"), 404, "not_found")


def test_the_records_name_each_other(admin, make, run):
    first = run(make.course(), make.student())

    report = data_of(undo(admin, first, reason="The wrong list"))

    second = record(admin, report)
    assert (second["action"], second["state"], second["reason"]) == ("UNDO", "APPLIED", "The wrong list")
    assert (second["undo_of"], second["undone_by"]) == (first["id"], None)
    assert second["can"] == {"commit": False, "cancel": False, "retry": False, "undo": False}
    undone = record(admin, first)
    assert (undone["state"], undone["undone_by"], undone["undo_of"]) == ("UNDONE", report["id"], None)
    assert not undone["can"]["undo"]


def test_an_undo_happens_once_and_is_not_undone_itself(admin, make, run):
    first = run(make.course(), make.student())
    assert record(admin, first)["can"]["undo"]
    report = data_of(undo(admin, first))

    assert_refused(undo(admin, first), 409, "invalid_transition")
    assert_refused(undo(admin, report), 409, "invalid_transition")


def test_a_preview_and_a_refused_run_cannot_be_undone(admin, make, run):
    course = make.course()
    preview = run(course, make.student(), mode="preview")
    refused = run(course, make.student(), emails=["nobody@example.org"], atomic=True)

    assert refused["state"] == "REFUSED"
    assert_refused(undo(admin, preview), 409, "invalid_transition")
    assert_refused(undo(admin, refused), 409, "invalid_transition")


def test_the_same_key_undoes_once_and_gets_the_same_answer(admin, make, run):
    first = run(make.course(), make.student())
    path, headers = f"/assignments/{first['id']}/undo", {"Idempotency-Key": "undo-1"}

    answers = [admin.post(path, json={}, headers=headers) for _ in range(2)]

    assert data_of(answers[0]) == data_of(answers[1])
    assert answers[1].headers["Idempotency-Replayed"] == "true"
