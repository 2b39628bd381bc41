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
