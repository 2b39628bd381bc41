"""Taking people out of a course: seats come back, progress and completions stay."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from app.enums import CourseStatus, Source
from app.models import Course, Enrollment, LessonProgress, Notice
from tests.support.assigning import completed, left
from tests.support.http import assert_refused, data_of


@pytest.fixture
def run(admin):
    def unassign(course, client=admin, **body):
        return data_of(client.post(f"/courses/{course.id}/unassign-multiple", json=body))

    return unassign


def test_every_outcome_in_one_call(run, make, stored):
    course = make.course(status=CourseStatus.ARCHIVED)
    active, assigned = make.enrollment(course), make.enrollment(course, source=Source.ASSIGNED)
    done, gone, outsider = completed(make, course), left(make, course), make.student()
    people = [str(each.user_id) for each in (active, assigned, done, gone, active)]

    report = run(course, user_ids=[*people, str(outsider.id)], emails=["x@example.org", ""], notify=True)

    assert [(line["outcome"], line["code"]) for line in report["results"]] == [
        ("unassigned", None),
        ("unassigned", None),
        ("kept_completed", "already_completed"),
        ("not_enrolled", "not_enrolled"),
        ("duplicate", None),
        ("not_enrolled", "not_enrolled"),
        ("not_found", "not_found"),
        ("not_found", "invalid_identifier"),
    ]
    assert report["counts"] == {
        "unassigned": 2,
        "not_enrolled": 2,
        "kept_completed": 1,
        "duplicate": 1,
        "invalid": 0,
        "not_found": 2,
    }
    assert (report["requested"], report["unique"]) == (8, 7)
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [1]
    assert stored(select(Notice)) == []


def test_an_unassigned_person_keeps_what_was_done(run, make, stored):
    course = make.course(lessons=2)
    enrollment = make.enrollment(course)
    make.progress(enrollment, make.lessons_of(course)[0])

    report = run(course, user_ids=[str(enrollment.user_id)], reason="Moved on")

    (line,), (now,) = report["results"], stored(select(Enrollment))
    assert line["before"] == {"status": "ACTIVE", "source": "SELF", "due_at": None}
    assert line["after"] == {"status": "CANCELLED", "source": "SELF", "due_at": None}
    assert line["enrollment_id"] == str(enrollment.id)
    assert (now.status, now.source) == ("CANCELLED", "SELF")
    assert now.cancelled_at is not None
    assert len(stored(select(LessonProgress))) == 1


def test_deactivated_people_can_be_taken_out_by_the_instructor_too(api, run, make):
    instructor = make.instructor()
    course = make.course(instructor=instructor)
    enrolled = make.enrollment(course, make.student(is_active=False))
    outsider = make.student(is_active=False)

    report = run(course, client=api.as_(instructor), user_ids=[str(enrolled.user_id), str(outsider.id)])

    assert [line["outcome"] for line in report["results"]] == ["unassigned", "not_found"]


def test_all_or_nobody(run, make, stored):
    course = make.course()
    enrollment = make.enrollment(course)

    report = run(course, user_ids=[str(enrollment.user_id), str(uuid4())], atomic=True)

    assert report["state"] == "REFUSED"
    assert [line["outcome"] for line in report["results"]] == ["skipped", "not_found"]
    assert sum(report["counts"].values()) == report["requested"]
    assert stored(select(Enrollment.status)) == ["ACTIVE"]


def test_a_preview_takes_nobody_out(run, make, stored):
    course = make.course()
    enrollment = make.enrollment(course)

    report = run(course, user_ids=[str(enrollment.user_id)], mode="preview")

    assert (report["state"], report["counts"]["unassigned"]) == ("PREVIEW", 1)
    assert stored(select(Enrollment.status)) == ["ACTIVE"]
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [1]


def test_there_and_back_again(admin, run, make, stored):
    course, student = make.course(), make.student()
    body = {"user_ids": [str(student.id)]}

    there = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))
    run(course, **body)
    back = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))

    assert back["results"][0]["outcome"] == "reactivated"
    assert back["results"][0]["enrollment_id"] == there["results"][0]["enrollment_id"]
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [1]


@pytest.mark.parametrize("body", [{}, {"user_ids": []}, {"user_ids": ["x"], "due_in_days": 3}])
def test_a_request_that_makes_no_sense_is_refused(admin, make, body):
    response = admin.post(f"/courses/{make.course().id}/unassign-multiple", json=body)

    assert_refused(response, 422, "invalid_request")


@pytest.mark.parametrize("people", [1, 300])
def test_the_number_of_statements_does_not_depend_on_the_number_of_people(run, make, statements, people):
    course = make.course()
    enrolled = [str(make.enrollment(course).user_id) for _ in range(people)]

    with statements() as seen:
        run(course, user_ids=enrolled)

    assert len(seen) == 9, "\n".join(seen)
