"""The ledger: failed rows as a sheet that can be mended and sent again, filters and search."""

from __future__ import annotations

import json

import pytest

from tests.support.http import assert_refused, data_of


def test_failed_rows_are_a_sheet_that_can_be_mended_and_sent_again(admin, send, make, ada, grace):
    course = make.course(total_seats=1)
    sheet = (
        "Employee ID,mail,due\nHR-1,,2031-01-01\nHR-2,grace@example.org,2031-01-02\n"
        "HR-3,,2031-01-03\n1.2E+10,,\n,late@example.org,soon\nHR-1,grace@example.org,\n"
    )
    first = data_of(send(course, sheet))
    path = f"/assignments/{first['id']}/items"
    failed = "outcome=not_found,no_seat,invalid"

    text = admin.get(f"{path}?{failed}&format=csv").text
    lines = admin.get(f"{path}?{failed}&format=ndjson").text
    admin.patch(f"/courses/{course.id}", json={"total_seats": 10})
    make.student(external_id="HR-3")
    again = data_of(send(course, text.replace("soon", "2031-01-05")))

    rows = [json.loads(line) for line in lines.splitlines()]
    assert [(row["external_id"], row["email"], row["due_at"]) for row in rows] == [
        ("HR-2", "grace@example.org", "2031-01-02"),
        ("HR-3", None, "2031-01-03"),
        ("1.2E+10", None, None),
        (None, "late@example.org", "soon"),
        (None, None, None),
    ]
    assert {row["course"] for row in rows} == {course.code}
    assert [(line["outcome"], line["code"]) for line in again["results"]] == [
        ("assigned", None),
        ("assigned", None),
        ("invalid", "damaged_identifier"),
        ("not_found", "not_found"),
        ("not_found", "invalid_identifier"),
    ]
    assert again["results"][1]["after"]["due_at"] == "2031-01-03T23:59:59Z"


def test_an_instructors_sheet_names_nobody_further(send, api, make, ada):
    owner = make.instructor()
    client, course = api.as_(owner), make.course(instructor=owner)
    report = data_of(send(course, "username\nada\n", client))

    (row,) = client.get(f"/assignments/{report['id']}/items?format=ndjson").text.splitlines()

    assert (json.loads(row)["username"], json.loads(row)["email"]) == ("ada", None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("code=own_course", [3]),
        ("search=NOBODY", [2]),
        ("search=Lovelace", [1]),
        ("search=%25", []),
        ("outcome=assigned&search=ada", [1]),
    ],
)
def test_the_ledger_is_filtered_and_searched(admin, send, make, query, found):
    course = make.course()
    make.student(email="x@example.org", username="ada", first_name="Augusta", last_name="Lovelace")
    report = data_of(send(course, f"user_id,username\n,ada\n,nobody\n{course.instructor_id},\n"))

    rows = [line["row"] for line in data_of(admin.get(f"/assignments/{report['id']}/items?{query}"))]

    assert rows == found


def test_runs_are_found_by_course_author_time_and_reason(admin, send, make, ada):
    first, second = make.course(), make.course()
    sheet = f"email,course\nada@example.org,{first.code}\nada@example.org,{second.code}\n"
    both = data_of(send(None, sheet, action="assign", reason="Yearly 100% safety"))["id"]
    one = data_of(send(first, "email\nada@example.org\n"))["id"]
    record = data_of(admin.get(f"/assignments/{one}"))

    def listed(query):
        return [run["id"] for run in data_of(admin.get(f"/assignments?{query}"))]

    assert listed(f"course_id={first.code}") == [one, both]
    assert listed(f"course={second.slug}") == [both]
    assert listed("search=100%25+SAFE") == [both]
    assert listed(f"created_by={record['created_by']}") == [one, both]
    assert listed("created_after=2100-01-01T00:00:00Z") == []
    assert listed("created_before=2100-01-01T00:00:00Z") == [one, both]


def test_a_json_body_that_is_too_large_is_told_of_sheets(admin, make):
    names = ["n" * 200] * 45_000

    response = admin.post(f"/courses/{make.course().id}/assign-multiple", json={"usernames": names})

    assert_refused(response, 413, "too_large")
    assert "sheet" in response.get_json()["message"]
