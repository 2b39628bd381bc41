"""Due dates of a run: given, kept, changed and taken away."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from app.models import Enrollment
from tests.support.assigning import completed, ids, outcomes

DUE = "2031-05-01T12:00:00Z"
LATER = dt.datetime(2032, 1, 1, tzinfo=dt.UTC)


def test_people_in_the_course_keep_their_due_date_unless_told_otherwise(run, make, stored):
    course = make.course()
    person = make.enrollment(course, due_at=LATER)

    kept = run(course, user_ids=[str(person.user_id)], due_at=DUE)
    moved = run(course, user_ids=[str(person.user_id)], due_at=DUE, on_existing="update_due")
    again = run(course, user_ids=[str(person.user_id)], due_at=DUE, on_existing="update_due")

    assert [outcomes(each)[0][0] for each in (kept, moved, again)] == [
        "already_enrolled",
        "due_updated",
        "already_enrolled",
    ]
    assert moved["results"][0]["before"]["due_at"] == "2032-01-01T00:00:00Z"
    assert moved["results"][0]["after"] == {"status": "ACTIVE", "source": "SELF", "due_at": DUE}
    assert stored(select(Enrollment.due_at)) == [dt.datetime(2031, 5, 1, 12, tzinfo=dt.UTC)]


def test_a_null_due_date_takes_it_away(run, make, stored):
    course = make.course()
    person = make.enrollment(course, due_at=LATER)

    report = run(course, user_ids=[str(person.user_id)], due_at=None, on_existing="update_due")

    assert outcomes(report) == [("due_updated", None)]
    assert stored(select(Enrollment.due_at)) == [None]


def test_completed_people_have_nothing_due(run, make):
    course = make.course()
    person = completed(make, course)

    report = run(course, user_ids=[str(person.user_id)], due_at=DUE, on_existing="update_due")

    assert outcomes(report) == [("already_enrolled", "already_enrolled")]


def test_days_count_from_today_and_end_with_the_day(run, make, stored):
    course, student = make.course(), make.student()

    run(course, user_ids=ids(student), due_in_days=7)

    (enrollment,) = stored(select(Enrollment))
    assert enrollment.due_at.date() - enrollment.enrolled_at.date() == dt.timedelta(days=7)
    assert enrollment.due_at.time() == dt.time(23, 59, 59)
