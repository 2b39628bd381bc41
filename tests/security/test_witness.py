"""The witness who reads every answer of the test run notices what the document does not name."""

import json

import pytest
from flask import Response

ME = {"success": True, "message": "OK.", "data": {"email": "ada@example.org"}}


def answer(body):
    return Response(json.dumps(body), status=200, content_type="application/json")


def test_an_answer_as_documented_passes(_witness):
    _witness.check("GET", "/api/v1/auth/me", answer(ME))


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
