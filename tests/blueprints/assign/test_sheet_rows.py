"""Rows of a sheet with text that no database stores, and with more names of courses than are remembered."""

from __future__ import annotations

import json

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
