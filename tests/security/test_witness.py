"""The witness who reads every answer of the test run notices what the document does not name."""

import json

import pytest
from flask import Response

ME = {"success": True, "message": "OK.", "data": {"email": "ada@example.org"}}


def answer(body):
    return Response(json.dumps(body), status=200, content_type="application/json")


@pytest.fixture
def documented(_witness):
    """The example of the document."""
    operation = _witness.document["paths"]["/api/v1/auth/me"]["get"]
    return operation["responses"]["200"]["content"]["application/json"]["example"]


def test_an_answer_as_documented_passes(_witness, documented):
    _witness.check("GET", "/api/v1/auth/me", answer(documented))


def test_a_missing_member_is_noticed(_witness, documented):
    data = {name: value for name, value in documented["data"].items() if name != "email"}

    with pytest.raises(AssertionError, match=r"\.data\.email"):
        _witness.check("GET", "/api/v1/auth/me", answer({**documented, "data": data}))


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({**ME, "debug": 1}, r"\.debug"),
        ({**ME, "data": {**ME["data"], "password_hash": "x"}}, r"\.data\.password_hash"),
    ],
)
def test_a_member_too_many_is_noticed(_witness, body, path):
    with pytest.raises(AssertionError, match=path):
        _witness.check("GET", "/api/v1/auth/me", answer(body))


def test_a_member_too_many_in_a_row_is_noticed(_witness):
    row = {"id": "x", "instructor": {"full_name": "Ada", "email": "ada@example.org"}}
    listed = {"success": True, "message": "OK.", "data": [row], "count": 1}

    with pytest.raises(AssertionError, match=r"\.data\[\]\.instructor\.email"):
        _witness.check("GET", "/api/v1/courses", answer(listed))


def test_a_figure_too_many_is_noticed(_witness):
    figures = {"success": True, "message": "OK.", "data": {"as_of": "x", "salaries": 1}}

    with pytest.raises(AssertionError, match=r"\.data\.salaries"):
        _witness.check("GET", "/api/v1/dashboard/stats", answer(figures))
