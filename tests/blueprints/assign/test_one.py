"""Assigning one person: the enrollment, or the reason why not."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.db.session import db
from app.enums import EnrollmentStatus
from app.models import Assignment, Enrollment
from tests.support.http import assert_refused, data_of


def runs_recorded(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Assignment))


@pytest.mark.parametrize("kind", ["user_id", "email", "username", "external_id"])
def test_one_person_is_assigned_by_any_identifier(admin, make, kind):
    course, student = make.course(lessons=2), make.student(external_id="HR-7")
    identifier = str(student.id if kind == "user_id" else getattr(student, kind))

    response = admin.post(
        f"/courses/{course.id}/assign", json={kind: identifier, "due_at": "2031-01-01T00:00:00Z"}
    )

    enrollment = data_of(response, 201)
    assert enrollment["user_id"] == str(student.id)
    assert (enrollment["status"], enrollment["source"]) == ("ACTIVE", "ASSIGNED")
    assert (enrollment["due_at"], enrollment["total_lessons"]) == ("2031-01-01T00:00:00Z", 2)
    run = data_of(admin.get(f"/assignments/{enrollment['assignment_id']}"))
    assert (run["state"], run["requested"], run["counts"]["assigned"]) == ("APPLIED", 1, 1)


def test_somebody_who_left_comes_back(admin, make):
    course = make.course()
    gone = make.enrollment(course, status=EnrollmentStatus.CANCELLED, cancelled_at=func.now())

    response = admin.post(f"/courses/{course.id}/assign", json={"user_id": str(gone.user_id)})

    assert data_of(response, 201)["id"] == str(gone.id)


def test_somebody_who_is_enrolled_is_refused_with_the_enrollment(app, admin, make):
    course = make.course()
    held = make.enrollment(course)

    response = admin.post(f"/courses/{course.id}/assign", json={"user_id": str(held.user_id)})

    assert assert_refused(response, 409, "already_enrolled") == {"enrollment_id": [str(held.id)]}
    assert runs_recorded(app) == 0


def test_a_full_course_is_refused_and_an_admin_may_insist(app, admin, make):
    course, student = make.course(total_seats=1), make.student()
    make.enrollment(course)
    body = {"user_id": str(student.id)}

    refused = admin.post(f"/courses/{course.id}/assign", json=body)
    insisted = admin.post(f"/courses/{course.id}/assign", json={**body, "override_seats": True})

    assert_refused(refused, 409, "course_full")
    assert data_of(insisted, 201)["status"] == "ACTIVE"
    assert runs_recorded(app) == 1


def test_whoever_cannot_be_assigned_is_refused_and_no_run_recorded(app, admin, make):
    course, inactive = make.course(), make.student(is_active=False)

    def assign(**body):
        return admin.post(f"/courses/{course.id}/assign", json=body)

    assert_refused(assign(user_id=str(uuid4())), 404, "not_found")
    unknown = assign(email="nobody@example.org")
    assert_refused(unknown, 404, "not_found")
    assert unknown.get_json()["message"] == "There is no such user."
    assert_refused(assign(user_id=str(inactive.id)), 409, "user_inactive")
    assert_refused(assign(user_id=str(course.instructor_id)), 409, "own_course")
    assert runs_recorded(app) == 0


def test_an_instructor_cannot_tell_inactive_from_unknown(api, make):
    instructor = make.instructor()
    course, inactive = make.course(instructor=instructor), make.student(is_active=False)

    response = api.as_(instructor).post(f"/courses/{course.id}/assign", json={"email": inactive.email})

    assert_refused(response, 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user_id": "abc"},
        {"email": "no address"},
        {"username": ""},
        {"username": "a", "email": "a@example.org"},
        {"username": ["a"]},
        {"username": "a", "atomic": True},
        {"username": "a", "due_in_days": 1, "due_at": "2031-01-01T00:00:00Z"},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(admin, body):
    response = admin.post(f"/courses/{uuid4()}/assign", json=body)

    assert_refused(response, 422, "invalid_request")


def test_the_person_hears_of_it(api, admin, make):
    course, student = make.course(), make.student()

    admin.post(f"/courses/{course.id}/assign", json={"user_id": str(student.id)})

    (notification,) = data_of(api.as_(student).get("/notifications"))
    assert (notification["kind"], notification["course_id"]) == ("ASSIGNMENT", str(course.id))


def test_the_enrollment_is_the_learners_own(app, admin, make):
    course, student = make.course(), make.student()

    enrollment = data_of(admin.post(f"/courses/{course.id}/assign", json={"email": student.email}), 201)

    with app.app_context():
        assert str(db.session.scalars(select(Enrollment.id)).one()) == enrollment["id"]
