"""Requests that make no sense, what a run costs, and what its response says."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.db.session import db, transaction
from app.enums import CourseStatus
from tests.support.assigning import ids
from tests.support.http import assert_refused, data_of

DUE = "2031-05-01T12:00:00Z"
STATEMENTS = 12
"""Who calls, the course, its lock, the run, new plans, the ledger, its sums, whether any was undone, the enrollments, the
counter, the notices."""


@pytest.mark.parametrize("status", [each for each in CourseStatus if each != CourseStatus.PUBLISHED])
def test_only_a_published_course_takes_people(admin, make, status):
    course, student = make.course(status=status), make.student()

    many = admin.post(f"/courses/{course.id}/assign-multiple", json={"user_ids": ids(student)})
    one = admin.post(f"/courses/{course.id}/assign", json={"user_id": str(student.id)})

    assert_refused(many, 409, "course_not_open")
    assert_refused(one, 409, "course_not_open")


@pytest.mark.parametrize("path", ["assign-multiple", "unassign-multiple"])
def test_other_peoples_courses_are_refused(api, make, path):
    other = api.as_(make.instructor())
    public, hidden = make.course(), make.course(status=CourseStatus.DRAFT)
    body = {"emails": ["a@example.org"]}

    assert_refused(other.post(f"/courses/{public.id}/{path}", json=body), 403, "forbidden")
    assert_refused(other.post(f"/courses/{hidden.id}/{path}", json=body), 404, "not_found")
    assert_refused(other.post(f"/courses/{uuid4()}/{path}", json=body), 404, "not_found")
    assert_refused(other.post(f"/courses/{uuid4()}/{path}", json={}), 422, "invalid_request")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "user_ids"),
        ({"user_ids": [], "emails": []}, "user_ids"),
        ({"user_ids": "abc"}, "user_ids"),
        ({"user_ids": None}, "user_ids"),
        ({"user_ids": {"a": 1}}, "user_ids"),
        ({"emails": ["a@example.org", 7]}, "emails.1"),
        ({"emails": [["a@example.org"]]}, "emails.0"),
        ({"emails": [None]}, "emails.0"),
        ({"emails": [True]}, "emails.0"),
        ({"usernames": ["x"], "course_id": "y"}, "course_id"),
        ({"usernames": ["x"], "due_at": DUE, "due_in_days": 3}, "due_in_days"),
        ({"usernames": ["x"], "due_in_days": -1}, "due_in_days"),
        ({"usernames": ["x"], "due_at": "tomorrow"}, "due_at"),
        ({"usernames": ["x"], "on_existing": "update_due"}, "on_existing"),
        ({"usernames": ["x"], "on_existing": "drop"}, "on_existing"),
        ({"usernames": ["x"], "mode": "dry"}, "mode"),
        ({"usernames": ["x"], "atomic": "yes"}, "atomic"),
        ({"usernames": ["x"], "notify": None}, "notify"),
        ({"usernames": ["x"], "reason": "r" * 1001}, "reason"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(admin, make, body, where):
    response = admin.post(f"/courses/{make.course().id}/assign-multiple", json=body)

    assert where in assert_refused(response, 422, "invalid_request")


def test_all_or_nothing_has_a_limit(admin, make):
    body = {"emails": ["a@example.org"] * 60_000, "usernames": ["a"] * 40_001, "atomic": True}

    response = admin.post(f"/courses/{make.course().id}/assign-multiple", json=body)

    assert "atomic" in assert_refused(response, 422, "invalid_request")


@pytest.mark.parametrize("people", [1, 100, 2_000])
def test_the_number_of_statements_does_not_depend_on_the_number_of_people(app, run, make, statements, people):
    course = make.course(total_seats=5_000)
    with app.app_context(), transaction():
        db.session.execute(
            db.text(
                "INSERT INTO users (email, username, email_verified)"
                " SELECT 'many' || n || '@example.org', 'many' || n, true FROM generate_series(1, :n) n"
            ),
            {"n": people},
        )

    with statements() as seen:
        report = run(course, usernames=[f"many{n}" for n in range(1, people + 1)], due_in_days=30)

    assert report["counts"]["assigned"] == people
    assert len(seen) == STATEMENTS, "\n".join(seen)


@pytest.mark.parametrize("verb", ["assign", "unassign"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, None),
        ({"atomic": True}, "Nothing was changed: a row was refused, see the report."),
        ({"mode": "preview"}, "Preview finished: nothing was changed."),
        ({"mode": "preview", "atomic": True}, "Preview finished: nothing was changed."),
    ],
)
def test_the_message_follows_the_outcome(admin, make, verb, options, message):
    course = make.course()
    body = {"user_ids": [str(make.student().id)], "emails": ["unknown@example.org"], **options}

    response = admin.post(f"/courses/{course.id}/{verb}-multiple", json=body)

    finished = f"{verb.capitalize()}ment finished: see the report."
    assert data_of(response)["requested"] == 2
    assert response.get_json()["message"] == (message or finished)
