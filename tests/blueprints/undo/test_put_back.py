"""What an undo puts back: former enrollments, seats and due dates."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from app.models import Course, Enrollment
from tests.support.assigning import outcomes, record, undo, values_of
from tests.support.http import data_of

LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_a_reactivated_enrollment_is_cancelled_as_it_was(admin, make, run, stored):
    course, learner = make.course(price=20), make.student()
    make.enrollment(
        course,
        learner,
        status="CANCELLED",
        source="SELF",
        cancelled_at=LONG_AGO,
        due_at=LONG_AGO,
        payment_status="UNPAID",
        price_at_enrollment=7,
    )
    before = values_of(stored)
    first = run(course, learner, due_in_days=3)
    assert first["results"][0]["outcome"] == "reactivated"

    report = data_of(undo(admin, first))

    assert outcomes(report) == [("undone", None)]
    assert report["results"][0]["after"] == first["results"][0]["before"]
    assert values_of(stored) == before


def test_progress_from_before_a_reactivation_keeps_no_enrollment(api, admin, make, run, stored):
    course, learner = make.course(), make.student()
    lessons = [make.lesson(make.section(course)) for _ in range(2)]
    own = api.as_(learner)
    own.post(f"/courses/{course.id}/enroll")
    own.post(f"/lessons/{lessons[0].id}/complete")
    own.post(f"/courses/{course.id}/reviews", json={"rating": 4})
    run(course, learner, verb="unassign")
    first = run(course, learner)

    assert outcomes(data_of(undo(admin, first))) == [("undone", None)]

    again = run(course, learner)
    own.put(f"/lessons/{lessons[1].id}/progress", json={"position_seconds": 3})
    assert outcomes(data_of(undo(admin, again))) == [("kept_started", "kept_started")]


def test_a_completed_enrollment_that_came_back_is_cancelled_again(admin, make, run, stored):
    course, learner = make.course(), make.student()
    make.enrollment(
        course, learner, status="CANCELLED", completed_at=LONG_AGO, completion_number=1, cancelled_at=LONG_AGO
    )
    first = run(course, learner)
    assert first["results"][0]["after"]["status"] == "COMPLETED"

    assert outcomes(data_of(undo(admin, first))) == [("undone", None)]
    assert stored(select(Enrollment.status)) == ["CANCELLED"]


def test_an_unassigned_enrollment_is_active_again_if_a_seat_is_free(api, admin, make, run, stored):
    course = make.course(total_seats=3)
    people = [make.student() for _ in range(3)]
    run(course, *people, due_in_days=3)
    before = values_of(stored)
    first = run(course, *people, verb="unassign")
    api.as_(make.student()).post(f"/courses/{course.id}/enroll")

    report = data_of(undo(admin, first))

    assert outcomes(report) == [("undone", None)] * 2 + [("no_seat", "course_full")]
    assert values_of(stored)[:2] == before[:2]
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [3]
    assert record(admin, first)["state"] == "APPLIED"

    admin.patch(f"/courses/{course.id}", json={"total_seats": 4})
    assert record(admin, report)["can"]["retry"]
    again = data_of(admin.post(f"/assignments/{report['id']}/retry"))
    assert [(line["row"], line["input"], line["outcome"]) for line in again["results"]] == [
        (1, str(people[2].id), "undone")
    ]
    assert record(admin, first)["state"] == "UNDONE"


def test_an_unassigned_user_who_came_back_or_was_deleted_is_kept(admin, make, run):
    course, returned, deleted = make.course(), make.student(), make.student()
    run(course, returned, deleted)
    first = run(course, returned, deleted, verb="unassign")
    run(course, returned)
    admin.delete(f"/users/{deleted.id}")

    assert outcomes(data_of(undo(admin, first))) == [("kept_changed", "kept_changed")] * 2


def test_a_due_date_is_the_former_one_in_spite_of_progress(api, admin, make, run, stored):
    course = make.course()
    lesson, other = make.lesson(make.section(course)), make.lesson(make.section(course))
    learner, completed, moved = (make.student() for _ in range(3))
    run(course, learner, completed, moved, due_in_days=3)
    (former,) = set(stored(select(Enrollment.due_at)))
    first = run(course, learner, completed, moved, due_in_days=9, on_existing="update_due")
    api.as_(learner).post(f"/lessons/{lesson.id}/complete")
    run(course, moved, due_in_days=12, on_existing="update_due")
    for each in (lesson, other):
        api.as_(completed).post(f"/lessons/{each.id}/complete")

    report = data_of(undo(admin, first))

    assert outcomes(report) == [
        ("undone", None), ("kept_completed", "already_completed"), ("kept_changed", "kept_changed"),
    ]  # fmt: skip
    assert stored(select(Enrollment.due_at).where(Enrollment.user_id == learner.id)) == [former]


def test_assigned_again_later_it_begins_under_its_id(api, admin, make, run, stored):
    course, learner, other = make.course(), make.student(), make.student()
    first = run(course, learner, other)
    undo(admin, first)
    (enrolled_at,) = stored(select(Enrollment.enrolled_at).where(Enrollment.user_id == learner.id))

    again = run(course, learner, due_in_days=3)
    joined = api.as_(other).post(f"/courses/{course.id}/enroll")

    (line,) = again["results"]
    assert (line["outcome"], line["before"]) == ("assigned", None)
    assert line["enrollment_id"] == first["results"][0]["enrollment_id"]
    assert line["after"]["status"] == "ACTIVE"
    (row,) = stored(select(Enrollment).where(Enrollment.user_id == learner.id))
    assert (row.reactivated_at, row.cancelled_at, row.cancellation_reason) == (None, None, None)
    assert row.enrolled_at > enrolled_at
    assert data_of(joined, 201)["id"] == first["results"][1]["enrollment_id"]
    assert data_of(joined, 201)["reactivated_at"] is None
    assert outcomes(data_of(undo(admin, again))) == [("undone", None)]


def test_what_was_undone_is_not_enrolled_for_a_run_that_unassigns(admin, make, run):
    course, learner = make.course(), make.student()
    undo(admin, run(course, learner))

    (line,) = run(course, learner, verb="unassign")["results"]

    assert (line["outcome"], line["before"], line["enrollment_id"]) == ("not_enrolled", None, None)
