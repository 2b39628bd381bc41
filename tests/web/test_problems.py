"""What goes wrong below the schemas, and what the tests make of it."""

import pytest
from sqlalchemy import Integer, cast, literal, select

from app.db.session import db
from app.services.catalogue import categories
from tests.support.http import assert_refused


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


def test_an_unknown_path_is_refused_in_the_one_shape(api):
    response = api.get("/nowhere")

    assert_refused(response, 404, "not_found")


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
