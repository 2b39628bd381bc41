"""How long a body may be: no longer than its fields need, and never shorter."""

from __future__ import annotations

import json

import marshmallow as ma
import pytest
from marshmallow import validate

from app.schemas import fields
from app.schemas.sizes import LONGEST, SHORTEST, longest_body
from tests.support.http import PREFIX, assert_refused, data_of

WIDEST = "\N{MATHEMATICAL BOLD CAPITAL A}"
"""Two escapes of six bytes each, where a client writes JSON in ASCII."""


@pytest.fixture
def limits(app):
    """`{("POST", "/auth/login"): 4096}`, of every operation that changes something, for who may call it at all."""
    with app.test_request_context():
        return {
            (method, rule.rule.removeprefix(PREFIX)): app.view_functions[rule.endpoint].body_limit_for(
                method, ""
            )
            for rule in app.url_map.iter_rules()
            for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
        }


def test_a_stranger_may_send_a_few_kilobytes_and_nothing_where_a_token_is_needed(limits):
    assert {length for length in limits.values() if length} == {4_096, 8_192}
    assert limits["POST", "/auth/register"] == limits["POST", "/auth/login"] == 4_096
    assert [
        path for (_, path), length in limits.items() if length and not path.startswith(("/auth/", "/mail/"))
    ] == []


class Small(ma.Schema):
    name = fields.Text(max_length=10)


class Large(ma.Schema):
    text = fields.Text(max_length=5_000, required=True)
    words = ma.fields.List(fields.Text(max_length=100), validate=validate.Length(max=20))
    parts = ma.fields.List(ma.fields.Nested(Small), validate=validate.Length(max=100))
    pieces = ma.fields.Nested(Small, many=True, validate=validate.Length(max=200))


class Unlimited(ma.Schema):
    ids = ma.fields.List(fields.Id())


def test_the_longest_good_body_fits():
    body = {
        "text": WIDEST * 5_000,
        "words": [WIDEST * 100] * 20,
        "parts": [{"name": WIDEST * 10}] * 100,
        "pieces": [{"name": WIDEST * 10}] * 200,
    }
    assert Large().validate(body) == {}

    assert len(json.dumps(body)) <= longest_body(Large()) < 2 * len(json.dumps(body))


@pytest.mark.parametrize(("schema", "length"), [(Small, SHORTEST), (Unlimited, LONGEST)])
def test_within_bounds(schema, length):
    assert longest_body(schema()) == length


def test_a_category_of_the_widest_letters_is_made_and_a_longer_body_is_not_read(api, make):
    admin = api.as_(make.admin())
    body = {"name": WIDEST * 100, "description": WIDEST * 2_000}

    assert data_of(admin.post("/categories", json=body), 201)
    assert_refused(admin.post("/categories", json={**body, "icon": "x" * 60_000}), 413, "too_large")
