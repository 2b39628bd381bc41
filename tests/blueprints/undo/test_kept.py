"""What an undo keeps, with the reason: started, completed, or changed since."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Enrollment
from tests.support.assigning import outcomes, record, undo
from tests.support.http import data_of


def test_who_has_started_since_is_kept(api, admin, make, run, stored):
    course = make.course()
    lesson = make.lesson(make.section(course))
    make.lesson(make.section(course))
    opened, reviewed, graded, idle = (make.student() for _ in range(4))
    first = run(course, opened, reviewed, graded, idle)
    enrollments = [line["enrollment_id"] for line in first["results"]]
    api.as_(opened).put(f"/lessons/{lesson.id}/progress", json={"position_seconds": 3})
    api.as_(reviewed).post(f"/courses/{course.id}/reviews", json={"rating": 5})
    admin.post(f"/enrollments/{enrollments[2]}/grade", json={"grade": "B"})

    report = data_of(undo(admin, first))

    assert outcomes(report) == [("kept_started", "kept_started")] * 3 + [("undone", None)]
    assert stored(select(Enrollment.status).order_by(Enrollment.id)).count("ACTIVE") == 3
    kept = record(admin, first)
    assert (kept["state"], kept["undone_by"]) == ("APPLIED", report["id"])


def test_who_has_completed_is_kept(api, admin, make, run, stored):
    course = make.course()
    lesson, learner = make.lesson(make.section(course)), make.student()
    first = run(course, learner)
    api.as_(learner).post(f"/lessons/{lesson.id}/complete")

    report = data_of(undo(admin, first))

    assert outcomes(report) == [("kept_completed", "already_completed")]
    assert stored(select(Enrollment.status)) == ["COMPLETED"]


def test_what_was_changed_since_is_kept(admin, make, run, stored):
    course = make.course(price=20)
    moved, paid, gone, returned = (make.student() for _ in range(4))
    first = run(course, moved, paid, gone, returned)
    ids = [line["enrollment_id"] for line in first["results"]]
    run(course, moved, due_in_days=3, on_existing="update_due")
    admin.post(f"/enrollments/{ids[1]}/payment", json={"payment_status": "PAID"})
    run(course, gone, returned, verb="unassign")
    run(course, returned)

    report = data_of(undo(admin, first))

    assert outcomes(report) == [("kept_changed", "kept_changed")] * 4
    assert sorted(stored(select(Enrollment.status))) == ["ACTIVE", "ACTIVE", "ACTIVE", "CANCELLED"]


def test_a_later_run_that_was_undone_itself_changes_nothing(admin, make, run):
    course, learner = make.course(), make.student()
    first = run(course, learner)
    later = run(course, learner, due_in_days=3, on_existing="update_due")
    ended = run(course, learner, verb="unassign")
    data_of(undo(admin, ended))
    data_of(undo(admin, later))

    assert outcomes(data_of(undo(admin, first))) == [("undone", None)]
