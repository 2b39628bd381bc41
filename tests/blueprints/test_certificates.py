"""Certificates: whose they are, what a number proves, and how they end."""

from __future__ import annotations

import pytest

from tests.support.http import assert_refused, data_of


@pytest.fixture
def certified(api, make):
    """A learner who has completed a course, and the certificate as they see it."""
    course = make.course(lessons=1)
    student = make.student(first_name="Ada", last_name="Lovelace")
    make.enrollment(course, student)
    client = api.as_(student)
    data_of(client.post(f"/lessons/{make.lessons_of(course)[0].id}/complete"))
    (certificate,) = data_of(client.get("/certificates"))
    return course, client, certificate


def test_a_certificate_says_who_completed_what_and_when(certified):
    course, client, certificate = certified

    assert data_of(client.get(f"/certificates/{certificate['id']}")) == certificate
    assert certificate["course_title"] == course.title
    assert certificate["full_name"] == "Ada Lovelace"
    assert certificate["revoked_at"] is None
    number = certificate["number"]
    assert certificate["verify_url"] == f"http://rollcall.test/api/v1/certificates/verify/{number}"


def test_any_caller_verifies_a_number_and_learns_nothing_else(certified, api):
    _course, _client, certificate = certified

    proven = data_of(api.get(f"/certificates/verify/{certificate['number'].lower()}"))

    assert proven == {
        "full_name": certificate["full_name"],
        "course_title": certificate["course_title"],
        "issued_at": certificate["issued_at"],
        "is_valid": True,
        "course_version": None,
        "is_superseded": False,
        "superseded_at": None,
        "is_revoked": False,
        "revoked_at": None,
    }


@pytest.mark.parametrize("number", ["RC-0", "x" * 500, "RC-%25"])
def test_an_unknown_number_is_not_found(api, number):
    assert_refused(api.get(f"/certificates/verify/{number}"), 404, "not_found")


def test_a_certificate_is_its_owners_and_the_admins(certified, api, make):
    _course, _client, certificate = certified
    path = f"/certificates/{certificate['id']}"

    assert data_of(api.as_(make.admin()).get(path)) == certificate
    assert_refused(api.as_(make.student()).get(path), 404, "not_found")
    assert data_of(api.as_(make.student()).get("/certificates")) == []


def test_an_admin_revokes_once(certified, api, make):
    _course, client, certificate = certified
    admin, path = api.as_(make.admin()), f"/certificates/{certificate['id']}/revoke"

    assert_refused(client.post(path, json={}), 403, "forbidden")
    assert data_of(admin.post(path, json={"reason": "Wrong person."}))["revoked_at"]
    assert_refused(admin.post(path, json={}), 409, "invalid_transition")
    assert data_of(api.get(f"/certificates/verify/{certificate['number']}"))["is_revoked"] is True


def test_revoking_an_unknown_certificate_is_not_found(certified, api, make):
    course, _client, _certificate = certified

    assert_refused(api.as_(make.admin()).post(f"/certificates/{course.id}/revoke", json={}), 404, "not_found")


def test_a_new_name_does_not_change_what_was_certified(certified, api, make):
    _course, client, certificate = certified

    data_of(client.patch("/auth/me", json={"first_name": "Augusta"}))

    assert data_of(client.get(f"/certificates/{certificate['id']}"))["full_name"] == "Ada Lovelace"
