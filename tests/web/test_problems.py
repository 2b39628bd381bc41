"""What goes wrong below the schemas, and what the tests make of it."""

from uuid import uuid4

import pytest
from sqlalchemy import Integer, cast, literal, select

from app.db.session import db
from app.enums import CourseStatus
from app.services.catalogue import categories
from tests.support.http import assert_refused

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"
"""The id of nothing."""


@pytest.fixture
def broken_category(monkeypatch):
    """Reading a category asks the database for more than an integer holds."""

    def show(*_):
        db.session.execute(select(cast(literal("9" * 30), Integer)))

    monkeypatch.setattr(categories, "show", show)


def test_a_value_that_only_the_database_refuses_is_no_failure_and_is_noticed(api, slips, broken_category):
    response = api.get("/categories/any")

    assert_refused(response, 422, "invalid_request")
    assert slips == ["a value slipped past its schema"]
    slips.clear()


def test_a_refusal_repeats_neither_much_nor_what_cannot_be_shown(api, make):
    lessons = [{"title": "A", "type": "TEXT", f"no\u202esuch{'x' * 150}": 1}] * 120
    section = make.section(make.course())
    client = api.as_(make.admin())

    response = client.post("/lessons/bulk", json={"section_id": str(section.id), "lessons": lessons})
    plain = client.post(
        "/lessons/bulk", json={"section_id": str(section.id), "lessons": [{"title": "A"}] * 120}
    )

    assert "\u202e" not in response.text
    assert len(assert_refused(response, 422, "invalid_request")) == 20
    assert len(assert_refused(plain, 422, "invalid_request")) == 100


@pytest.mark.parametrize(
    "path", ["/api/v1/nowhere", "/api/v1/courses/x/y/z", "/api", "/docs/nowhere", "/nowhere"]
)
def test_an_unknown_path_is_refused_in_the_one_shape_and_names_the_documentation(app, path):
    response = app.test_client().get(path)

    assert_refused(response, 404, "not_found")
    assert response.get_json()["message"] == "Nothing is served at this path: see /docs."


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("GET", "/courses/no-such", None, "Course not found."),
        ("GET", "/courses/no-such/sections", None, "Course not found."),
        ("GET", "/categories/no-such/", None, "Category not found."),
        ("GET", "/certificates/verify/RC-0", None, "Certificate not found."),
        ("GET", f"/users/{UNKNOWN}", None, "User not found."),
        (
            "POST",
            f"/instructor-requests/{UNKNOWN}/review",
            {"status": "APPROVED"},
            "Instructor request not found.",
        ),
        ("DELETE", f"/auth/sessions/{UNKNOWN}", None, "Session not found."),
        ("POST", "/lessons", {"course_id": "no-such"}, "Course not found."),
        ("POST", "/lessons", {"section_id": UNKNOWN}, "Section not found."),
        ("POST", "/courses/no-such/lessons", {"section_id": UNKNOWN}, "Section not found."),
        ("GET", "/enrollments/7", None, "Enrollment not found."),
        ("DELETE", "/lessons/7/complete/", None, "Lesson not found."),
        ("GET", "/instructor-requests/7", None, "Instructor request not found."),
    ],
)
def test_what_is_not_found_is_named(api, make, method, path, body, message):
    admin = api.as_(make.admin())
    lesson = {"title": "One", "type": "TEXT"} if "/lessons" in path and body else {}

    response = admin.request(method, path, json=None if body is None else body | lesson)

    assert_refused(response, 404, "not_found")
    assert response.get_json()["message"] == message


def test_a_hidden_course_that_a_body_names_is_not_found_like_a_missing_one(api, make):
    student, hidden = api.as_(make.student()), make.course(status=CourseStatus.DRAFT)

    for path, body in {"/enrollments": {}, "/reviews": {"rating": 5}}.items():
        answers = [student.post(path, json={**body, "course_id": str(key)}) for key in (hidden.id, uuid4())]
        assert {answer.get_json()["message"] for answer in answers} == {"Course not found."}


@pytest.mark.parametrize(
    ("person", "method", "path", "message"),
    [
        ("student", "GET", "/users", "Only admins can do this."),
        ("instructor", "GET", "/users", "Only admins can do this."),
        ("student", "POST", "/courses", "Only instructors and admins can do this."),
        ("admin", "POST", "/enrollments", "Only students can do this."),
    ],
)
def test_a_refusal_by_role_names_the_roles(api, make, person, method, path, message):
    client = api.as_(getattr(make, person)())

    response = client.get(path) if method == "GET" else client.post(path, json={})

    assert_refused(response, 403, "forbidden")
    assert response.get_json()["message"] == message


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        (None, "Send the header Content-Type: application/json."),
        ("text/plain", "Send the header Content-Type: application/json."),
        ("application/json; charset=latin-1", "Send the body in UTF-8."),
    ],
)
def test_a_refused_media_type_names_the_one_to_send(api, content_type, message):
    response = api.post("/auth/login", data=b'{"email": "a"}', content_type=content_type)

    assert_refused(response, 415, "unsupported_media_type")
    assert response.get_json()["message"] == message


def test_a_body_or_an_address_beyond_its_limit_is_refused_with_the_limit(api):
    body = api.post("/auth/login", json={"email": "x" * 5_000})
    address = api.get(f"/courses?search={'x' * 9_000}")

    assert_refused(body, 413, "too_large")
    assert body.get_json()["message"] == "The request body is too large: it may have at most 4,096 bytes."
    assert_refused(address, 414, "uri_too_long")
    assert (
        address.get_json()["message"]
        == "The address is too long: path and query may have at most 8,000 bytes."
    )
