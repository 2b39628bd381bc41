"""Rows that were refused for what their sheet says: exported and sent again as they are, they are refused again."""

from __future__ import annotations

import json

import pytest

from tests.support.assigning import outcomes
from tests.support.http import data_of


def exported(client, report):
    return client.get(f"/assignments/{report['id']}/items?outcome=invalid,not_found&format=csv").text


def test_a_row_of_another_course_still_names_that_course(admin, send, make, ada, stored):
    course, other = make.course(), make.course()
    refused = data_of(send(course, f"email,course\nada@example.org,{other.code}\n"))

    again = data_of(send(course, exported(admin, refused)))

    assert outcomes(refused) == outcomes(again) == [("invalid", "another_course")]
    lines = admin.get(f"/assignments/{refused['id']}/items?format=ndjson").text
    assert json.loads(lines)["course"] == other.code


def test_sent_for_the_course_that_it_names_the_row_is_assigned(admin, send, make, ada):
    course, other = make.course(), make.course()
    refused = data_of(send(course, f"email,course\nada@example.org,{other.code}\n"))

    again = data_of(send(None, exported(admin, refused), action="assign"))

    assert [(line["outcome"], line["course_id"]) for line in again["results"]] == [
        ("assigned", str(other.id))
    ]


def test_a_row_whose_cells_were_shifted_names_no_user(admin, send, make, ada):
    course = make.course()
    refused = data_of(send(course, "email,due_at\nada@example.org,,stray\n"))

    again = data_of(send(course, exported(admin, refused)))

    assert outcomes(refused) == [("invalid", "extra_cells")]
    assert outcomes(again) == [("not_found", "invalid_identifier")]


@pytest.mark.parametrize("room", [" " * 500, "_" * 500])
@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("ada@example.org{room}x,,", "not_found"),
        ("ada@example.org,{course}{room}x,", "another_course"),
        ("ada@example.org,,2031-01-01{room}x", "invalid_due_at"),
    ],
)
def test_a_cell_that_was_cut_is_not_taken_for_what_it_begins_with(admin, send, make, ada, room, row, code):
    course = make.course()
    refused = data_of(send(course, f"email,course,due_at\n{row.format(room=room, course=course.code)}\n"))

    again = data_of(send(course, exported(admin, refused)))

    assert {line["outcome"] for line in again["results"]} <= {"not_found", "invalid"}
    assert code in {refused["results"][0]["code"], "not_found"}
