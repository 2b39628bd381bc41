"""Rows of a sheet with text that no database stores, and with more names of courses than are remembered."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from app.models import AssignmentItem
from app.services.assigning import course_refs
from tests.support.assigning import CSV, NDJSON, outcomes
from tests.support.http import assert_refused, data_of


@pytest.mark.parametrize(
    ("content", "kind", "found"),
    [
        ('{"email": "ada@example.org", "course": "A\\u0000B"}', NDJSON, ("not_found", "course_not_found")),
        ('{"email": "ada@example.org", "course": "\\ud800"}', NDJSON, ("not_found", "course_not_found")),
        (b"email,course\nada@example.org,A\x00B\n", CSV, ("not_found", "course_not_found")),
        (b"email,course\nada@example.org,\x00\n", CSV, ("not_found", "course_not_found")),
    ],
)
def test_no_course_has_a_name_that_no_database_stores(send_raw, make, ada, content, kind, found):
    assert outcomes(data_of(send_raw(content, kind))) == [found]


@pytest.mark.parametrize(
    ("content", "kind", "found"),
    [
        ('{"email": "a\\ud800@example.org"}', NDJSON, ("invalid", "damaged_identifier")),
        ('{"external_id": "HR-\\udfff1"}', NDJSON, ("invalid", "damaged_identifier")),
        ('{"external_id": "HR-\\u00001"}', NDJSON, ("invalid", "damaged_identifier")),
        ('{"user_id": "\\ud800"}', NDJSON, ("invalid", "damaged_identifier")),
        ('{"email": "ada@example.org", "username": "\\ud800"}', NDJSON, ("assigned", None)),
        ('{"username": "ada", "\\ud800": "\\ud800"}', NDJSON, ("assigned", None)),
        ('{"username": "ada", "due_at": "\\ud800"}', NDJSON, ("invalid", "invalid_due_at")),
        ('{"username": "ada", "due_at": "2031-01-01\\u0000"}', NDJSON, ("invalid", "invalid_due_at")),
        (b"username\na\x00da\n", CSV, ("invalid", "damaged_identifier")),
    ],
)
def test_text_that_no_database_stores_is_the_outcome_of_its_row(
    send_raw, make, ada, content, kind, found, stored
):
    report = data_of(send_raw(content, kind, make.course()))

    assert outcomes(report) == [found]
    assert stored(select(AssignmentItem.input)) == [report["results"][0]["input"]]


@pytest.mark.parametrize("name", ["A\0B", "A\tB", "\ud800"])
def test_a_course_of_a_json_body_that_no_database_stores_is_unknown(admin, name):
    body = json.dumps({"action": "assign", "course_ids": [name], "emails": ["ada@example.org"]})

    response = admin.post("/assignments", data=body, content_type="application/json")

    assert_refused(response, 422, "invalid_request")


def test_more_courses_than_are_remembered_are_looked_up_again(send_raw, make, ada, monkeypatch):
    monkeypatch.setattr(course_refs, "MOST_REMEMBERED", 1_500)
    course = make.course()
    names = [course.code if number % 1_000 == 0 else f"c{number}" for number in range(3_000)]
    rows = "".join(f"x{number}@example.org,{name}\n" for number, name in enumerate(names))

    report = data_of(send_raw(f"email,course\n{rows}", CSV))

    known = [line["row"] for line in report["results"] if line["course_id"] == str(course.id)]
    assert known == [1, 1_001, 2_001]
    assert {line["code"] for line in report["results"] if line["row"] not in known} == {"course_not_found"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"email": "ada@example.org", "email": "bob@example.org"}', "Line 2 has the same key twice."),
        ('{"email": "ada@example.org", "more": {"a": 1, "a": 2}}', "Line 2 has the same key twice."),
        (b'{"email": "\xed\xa0\x80@example.org"}', "Line 2 is not a JSON object in UTF-8."),
        ('{"email": "ada@example.org"}'.encode("utf-16-le"), "Line 2 is not a JSON object in UTF-8."),
    ],
    ids=["a key twice", "a key twice below", "half a pair", "UTF-16"],
)
def test_an_object_that_could_be_read_in_two_ways_is_refused(send_raw, make, line, said):
    first = b'{"email": "eve@example.org"}\n'
    line = line if isinstance(line, bytes) else line.encode()

    refused = send_raw(first + line, NDJSON, make.course())

    assert_refused(refused, 400, "invalid_request")
    assert refused.get_json()["message"] == said


def test_objects_with_ever_new_keys_are_refused(send_raw, make):
    """Each would have made the next ones slower, and be kept."""
    lines = "".join(json.dumps({"email": "ada@example.org", f"trace_{n}": n}) + "\n" for n in range(600))

    refused = send_raw(lines, NDJSON, make.course())

    assert_refused(refused, 400, "invalid_request")
    assert "more than 500 different keys" in refused.get_json()["message"]


@pytest.mark.parametrize("digits", ["\u00b2", "\u0663", "1" * 30])
def test_an_option_in_other_digits_is_no_number(admin, make, digits):
    path = f"/courses/{make.course().id}/assign-multiple?{urlencode({'due_in_days': digits})}"

    assert_refused(
        admin.post(path, data="email\nada@example.org\n", content_type=CSV), 422, "invalid_request"
    )
