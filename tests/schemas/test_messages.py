"""The sentences about single fields: one form each, and none of marshmallow's own."""

import re

import pytest
from marshmallow import class_registry, fields, validate

from app.schemas.base import Schema
from tests.support.http import assert_refused

_THEIRS = {"Missing data for required field.", "Field may not be null.", "Invalid type."}
_NOT_VALID = re.compile(r"Not a valid [^{]*")
"""Without those about the zone of a time: the form of a time is checked before."""


def fields_within(field):
    yield field
    if isinstance(field, fields.List):
        yield from fields_within(field.inner)


@pytest.fixture(scope="module")
def every_field(app):
    """Every field of every schema of the application, by schema and name."""
    schemas = {
        schema
        for kinds in class_registry._registry.values()
        for schema in kinds
        if issubclass(schema, Schema)
    }
    return [
        (f"{schema.__name__}.{name}", inner)
        for schema in schemas
        if schema.__module__.startswith("app.")
        for name, field in schema().fields.items()
        for inner in fields_within(field)
    ]


def test_no_field_has_a_sentence_of_marshmallow(every_field):
    found = {
        name: said
        for name, field in every_field
        for said in field.error_messages.values()
        if said in _THEIRS or _NOT_VALID.fullmatch(said)
    }

    assert len(every_field) > 500
    assert found == {}


def test_no_limit_has_a_sentence_of_marshmallow(every_field):
    plain = (validate.Length, validate.Range, validate.OneOf)
    rules = [(name, rule) for name, field in every_field for rule in field.validators]

    assert len(rules) > 200
    assert [name for name, rule in rules if type(rule) in plain] == []


@pytest.mark.parametrize(
    ("changed", "sentences"),
    [
        ({"title": None}, {"title": ["Must not be null."]}),
        ({"title": 5}, {"title": ["Must be a string."]}),
        ({"title": ""}, {"title": ["Must have 1 to 200 characters."]}),
        ({"description": "x" * 20_001}, {"description": ["Must have at most 20,000 characters."]}),
        ({"total_seats": "7"}, {"total_seats": ["Must be a whole number."]}),
        ({"total_seats": 0}, {"total_seats": ["Must be at least 1."]}),
        ({"total_seats": 2_147_483_648}, {"total_seats": ["Must be at most 2,147,483,647."]}),
        ({"enforce_order": 1}, {"enforce_order": ["Must be true or false."]}),
        ({"category_id": "x"}, {"category_id": ["Must be a UUID."]}),
        ({"level": "HARD"}, {"level": ["Must be one of BEGINNER, INTERMEDIATE, ADVANCED."]}),
        ({"price": "-1"}, {"price": ["Must not be negative."]}),
        ({"price": "-"}, {"price": ["Must be an amount such as 49.90, with at most two decimals."]}),
        (
            {"class_starts": "2030-02-30"},
            {"class_starts": ["There is no such day. Give a day such as 2026-09-01."]},
        ),
        ({"class_starts": "30.02.2030"}, {"class_starts": ["Give a day such as 2026-09-01."]}),
    ],
)
def test_a_wrong_field_is_explained(api, make, changed, sentences):
    body = {"title": "Fire safety", "description": "What to do.", **changed}

    response = api.as_(make.admin()).post("/courses", json=body)

    assert assert_refused(response, 422, "invalid_request") == sentences


@pytest.mark.parametrize(
    ("body", "sentences"),
    [
        ([], {"body": ["Must be a JSON object."]}),
        (
            {},
            {"lessons": ["This field is required."], "section_id": ["Give either section_id or course_id."]},
        ),
        ({"course_id": "x", "lessons": {}}, {"lessons": ["Must be a list."]}),
        ({"course_id": "x", "lessons": []}, {"lessons": ["Must have 1 to 500 items."]}),
        ({"course_id": "x", "lessons": [[]]}, {"lessons.0": ["Must be a JSON object."]}),
    ],
)
def test_a_wrong_body_is_explained(api, make, body, sentences):
    response = api.as_(make.admin()).post("/lessons/bulk", json=body)

    assert assert_refused(response, 422, "invalid_request") == sentences


@pytest.mark.parametrize(
    ("query", "sentences"),
    [
        ("page=0", {"page": ["Must be at least 1."]}),
        ("page_size=101", {"page_size": ["Must be between 1 and 100."]}),
        ("level=EASY", {"level": ["Must be one of BEGINNER, INTERMEDIATE, ADVANCED, not EASY."]}),
    ],
)
def test_a_wrong_parameter_is_explained(api, query, sentences):
    response = api.get(f"/courses?{query}")

    assert assert_refused(response, 422, "invalid_request") == sentences


def test_a_decision_names_the_three_that_there_are(api, make):
    admin, course = api.as_(make.admin()), make.course()
    path = f"/courses/{course.id}/review"

    told = [
        assert_refused(admin.post(path, json={"status": status}), 422, "invalid_request")
        for status in ("NO", "DRAFT")
    ]

    assert told == [{"status": ["Must be one of APPROVED, REJECTED, PUBLISHED."]}] * 2


def test_all_faults_of_a_password_are_reported_at_once(api):
    body = {
        "email": "ada@example.org",
        "first_name": "Ada",
        "password": "secret",
        "password_confirm": "other",
    }

    response = api.post("/auth/register", json=body)

    details = assert_refused(response, 422, "invalid_request")
    assert details["password_confirm"] == ["The two passwords differ."]
    assert {"Must have 8 to 128 characters.", "Needs a digit."} <= set(details["password"])
