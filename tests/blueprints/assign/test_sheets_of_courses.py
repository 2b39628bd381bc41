"""Sheets for several courses: a column that names them, or one sheet for each."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.models import Assignment, Course, Enrollment
from tests.support.http import assert_refused, data_of


def test_a_column_names_the_course_of_each_row(send, make, ada, grace, stored):
    first, second, closed = make.course(), make.course(), make.course(status="DRAFT")
    sheet = (
        f"email,course\nada@example.org,{first.code}\nada@example.org,{second.slug}\n"
        f"grace@example.org,{first.id}\ngrace@example.org,nowhere\ngrace@example.org,\n"
        f"grace@example.org,{closed.code}\n"
    )

    report = data_of(send(None, sheet, action="assign", course_ids=second.code))

    assert [
        (line["row"], line["course_id"], line["outcome"], line["code"]) for line in report["results"]
    ] == [
        (1, str(first.id), "assigned", None),
        (2, str(second.id), "assigned", None),
        (3, str(first.id), "assigned", None),
        (4, None, "not_found", "course_not_found"),
        (5, str(second.id), "assigned", None),
        (6, str(closed.id), "ineligible", "course_not_open"),
    ]
    assert report["course_id"] is None
    assert stored(select(Course.enrollment_count).order_by(Course.created_at)) == [2, 2, 0]


def test_several_courses_course_by_course(admin, make, ada, grace, stored):
    first, second = make.course(), make.course()
    body = {
        "action": "assign",
        "course_ids": [second.code, str(first.id), second.slug],
        "emails": ["ada@example.org", "grace@example.org"],
    }

    report = data_of(admin.post("/assignments", json=body))
    taken_out = data_of(admin.post("/assignments", json={**body, "action": "UNASSIGN"}))

    assert [(line["row"], line["course_id"], line["input"]) for line in report["results"]] == [
        (1, str(second.id), "ada@example.org"),
        (2, str(second.id), "grace@example.org"),
        (3, str(first.id), "ada@example.org"),
        (4, str(first.id), "grace@example.org"),
    ]
    assert report["counts"]["assigned"] == taken_out["counts"]["unassigned"] == 4
    assert {course["code"]: course["counts"]["assigned"] for course in report["courses"]} == {
        first.code: 2, second.code: 2,
    }  # fmt: skip
    assert set(stored(select(Enrollment.status))) == {"CANCELLED"}


def test_a_sheet_without_a_course_column_is_read_for_each_course(send, make, ada, grace):
    first, second = make.course(), make.course()
    sheet = "email\nada@example.org\ngrace@example.org\n"

    report = data_of(send(None, sheet, action="assign", course_ids=f"{first.code}, {second.code}"))

    assert [(line["row"], line["course_id"], line["input"]) for line in report["results"]] == [
        (1, str(first.id), "ada@example.org"),
        (2, str(first.id), "grace@example.org"),
        (3, str(second.id), "ada@example.org"),
        (4, str(second.id), "grace@example.org"),
    ]


def test_an_unknown_course_refuses_the_call_and_names_its_place(admin, api, make, ada):
    owner = make.instructor()
    own, foreign = make.course(instructor=owner), make.course()
    body = {"action": "assign", "course_ids": [own.code, foreign.code], "emails": ["ada@example.org"]}

    details = assert_refused(api.as_(owner).post("/assignments", json=body), 422, "invalid_request")

    assert list(details) == ["course_ids.1"]
    assert data_of(admin.post("/assignments", json=body))["counts"]["assigned"] == 2


def test_a_row_that_names_another_course_than_the_call_is_refused(send, make, ada):
    course, other = make.course(), make.course()
    sheet = f"email,course\nada@example.org,{other.code}\nada@example.org,{course.code}\n"

    report = data_of(send(course, sheet))

    assert [(line["outcome"], line["code"]) for line in report["results"]] == [
        ("invalid", "another_course"), ("assigned", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "options", "status", "code", "where"),
    [
        ("", {}, 422, "invalid_request", "file"),
        ("email\n", {}, 422, "invalid_request", "file"),
        ("name\nAda\n", {}, 422, "invalid_request", "file"),
        ("email\nada@example.org\n", {"colour": "red"}, 422, "invalid_request", "colour"),
        ("email,x\nada@example.org,1\n", {"strict": "true"}, 422, "invalid_request", "file"),
        ("email\nada@example.org\n", {"notify": "maybe"}, 422, "invalid_request", "notify"),
        ("email\nada@example.org\n", {"on_existing": "update_due"}, 422, "invalid_request", "on_existing"),
        ('email\n"ada\n', {}, 400, "invalid_request", None),
        (b"PK\x03\x04 a workbook", {}, 415, "unsupported_media_type", None),
        (b"email\nm\xc3\xbc\xff@example.org\n", {}, 400, "invalid_request", None),
    ],
)
def test_a_sheet_that_cannot_be_used_is_refused_whole(
    send, make, ada, stored, content, options, status, code, where
):
    details = assert_refused(send(make.course(), content, **options), status, code)

    assert where is None or where in details
    assert stored(select(func.count()).select_from(Assignment)) == [0]
