"""All or nothing: one refused line, and nothing is written."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Course, Enrollment, Notice
from tests.support.assigning import ids, outcomes


def test_all_or_nobody_writes_nothing_when_one_is_refused(run, make, stored):
    course, student = make.course(), make.student()
    held = make.enrollment(course)

    report = run(course, user_ids=ids(student), emails=["nobody@example.org"], atomic=True)
    mixed = run(course, user_ids=[str(held.user_id), str(student.id), "x"], atomic=True)

    assert report["state"] == mixed["state"] == "REFUSED"
    assert outcomes(report) == [("skipped", "atomic_refused"), ("not_found", "not_found")]
    assert outcomes(mixed)[0] == ("already_enrolled", "already_enrolled")
    assert report["results"][0]["enrollment_id"] is report["results"][0]["after"] is None
    assert len(stored(select(Enrollment))) == 1
    assert stored(select(Notice)) == []
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [1]


def test_all_or_nobody_writes_everything_when_nobody_is_refused(run, make, stored):
    course, student = make.course(), make.student()
    held = make.enrollment(course)

    report = run(course, user_ids=[str(student.id), str(held.user_id), str(student.id)], atomic=True)

    assert report["state"] == "APPLIED"
    assert [line["outcome"] for line in report["results"]] == ["assigned", "already_enrolled", "duplicate"]
    assert len(stored(select(Enrollment))) == 2


def test_all_refused_is_still_an_answer(run, make):
    report = run(make.course(), emails=["nobody@example.org"])

    assert report["state"] == "APPLIED"
    assert report["counts"]["not_found"] == 1
