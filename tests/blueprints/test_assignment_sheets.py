"""Sheets of assignments: every dialect and shape in which people have them, and what is told about each row."""

from __future__ import annotations

import io
import json

import pytest
from sqlalchemy import func, select

from app.models import Assignment, AssignmentItem, Course, Enrollment
from tests.support.http import assert_refused, data_of

ASYNC = {"Prefer": "respond-async"}


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", username="ada", external_id="HR-1")


@pytest.fixture
def grace(make):
    return make.student(email="grace@example.org", username="grace", external_id="HR-2")


@pytest.fixture
def send(admin):
    """Send a sheet in a form to a course; the response."""

    def post(course, content, client=admin, verb="assign", headers=None, **options):
        content = content if isinstance(content, bytes) else content.encode()
        form = {"file": (io.BytesIO(content), "people.csv"), **options}
        path = f"/courses/{course.id}/{verb}-multiple" if course else "/assignments"
        return client.post(path, data=form, headers=headers or {})

    return post


def outcomes(report):
    return [(line["input"], line["outcome"], line["code"]) for line in report["results"]]


def test_a_sheet_in_a_form(send, make, ada, grace, stored):
    course = make.course()

    report = data_of(send(course, "E-mail\nada@example.org\ngrace@example.org\nnobody@example.org"))

    assert outcomes(report) == [
        ("ada@example.org", "assigned", None),
        ("grace@example.org", "assigned", None),
        ("nobody@example.org", "not_found", "not_found"),
    ]
    assert [line["row"] for line in report["results"]] == [1, 2, 3]
    assert report["state"] == "APPLIED"
    assert len(stored(select(Enrollment.id))) == 2


def test_raw_csv_with_options_in_the_query(admin, make, ada):
    course = make.course()

    response = admin.post(
        f"/courses/{course.id}/assign-multiple?mode=preview&reason=Yearly&notify=false",
        data="email;due_at\nada@example.org;2031-05-06\n",
        content_type="text/csv",
    )

    report = data_of(response)
    assert report["state"] == "PREVIEW"
    assert report["results"][0]["after"]["due_at"] == "2031-05-06T23:59:59Z"
    run = data_of(admin.get(f"/assignments/{report['id']}"))
    assert run["reason"] == "Yearly"
    assert run["sheet"] == {
        "encoding": "utf-8", "delimiter": ";", "columns": ["email", "due_at"], "ignored_columns": [],
        "rows": 1, "blank_rows": 0,
    }  # fmt: skip


def test_ndjson(admin, make, ada, grace):
    course = make.course()
    lines = [{"Email": "ada@example.org"}, {"external id": "HR-2", "note": "x"}, {"external_id": 12345}]

    response = admin.post(
        f"/courses/{course.id}/assign-multiple",
        data="\n".join(map(json.dumps, lines)) + "\n\n",
        content_type="application/x-ndjson",
    )

    report = data_of(response)
    assert outcomes(report) == [
        ("ada@example.org", "assigned", None),
        ("HR-2", "assigned", None),
        ("12345", "not_found", "not_found"),
    ]
    sheet = data_of(admin.get(f"/assignments/{report['id']}"))["sheet"]
    assert (sheet["delimiter"], sheet["ignored_columns"], sheet["rows"]) == (None, ["note"], 3)
    assert sheet["blank_rows"] == 1


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        ("email,name\nada@example.org,Müller\n".encode("windows-1252"), "windows-1252", ","),
        ("\ufeffemail\tname\nada@example.org\tMüller".encode(), "utf-8", "\t"),
        ("email|name\r\nada@example.org|M".encode("utf-16"), "utf-16", "|"),
        (b'sep=;\nemail;name\n"ada@example.org";"two\nlines"', "utf-8", ";"),
    ],
)
def test_every_dialect_is_read_and_named(admin, send, make, ada, content, encoding, delimiter):
    report = data_of(send(make.course(), content))

    assert [line["outcome"] for line in report["results"]] == ["assigned"]
    sheet = data_of(admin.get(f"/assignments/{report['id']}"))["sheet"]
    assert (sheet["encoding"], sheet["delimiter"]) == (encoding, delimiter)
    assert sheet["ignored_columns"] == ["name"]


@pytest.mark.parametrize(
    "title",
    ["Employee ID", "employee_number", "external id", "Personalnummer", "Matricule", "Número de empleado"],
)
def test_titles_of_other_systems_and_languages(send, make, ada, title):
    report = data_of(send(make.course(), f"{title}\nHR-1\n"))

    assert outcomes(report) == [("HR-1", "assigned", None)]


@pytest.mark.parametrize(
    ("row", "outcome", "code"),
    [
        ("1.23457E+11,,ada@example.org,,", "invalid", "damaged_identifier"),
        ("#N/A,,,,", "invalid", "damaged_identifier"),
        (",,ada@example.org,,2031-02-30", "invalid", "invalid_due_at"),
        (",,ada@example.org,,2031-02-03T10:00", "invalid", "invalid_due_at"),
        (",,ada@example.org,,2031-02-03,,extra", "invalid", "extra_cells"),
        (",,,,2031-02-03", "not_found", "invalid_identifier"),
        ("HR-1,,grace@example.org,,", "not_found", "identifiers_disagree"),
        ("HR-1,,new@example.org,,", "assigned", None),
        ("HR-1,,,ada,", "assigned", None),
        ("HR-9,,ada@example.org,,", "not_found", "not_found"),
        ('="HR-1",,,,', "assigned", None),
    ],
)
def test_a_row_is_never_guessed_at(send, make, ada, grace, row, outcome, code):
    sheet = f"external_id,user_id,email,username,due_at\n{row}\n"

    report = data_of(send(make.course(), sheet))

    assert [line["outcome"] for line in report["results"]] == [outcome]
    assert [line["code"] for line in report["results"]] == [code]
    assert report["counts"][outcome] == 1


def test_an_instructor_does_not_learn_of_a_second_account(send, api, make, ada, grace):
    owner = make.instructor()
    course = make.course(instructor=owner)
    make.student(email="gone@example.org", is_active=False)
    sheet = "external_id,email\nHR-1,gone@example.org\n"

    assert outcomes(data_of(send(course, sheet, api.as_(owner)))) == [("HR-1", "assigned", None)]


def test_a_bad_row_takes_no_part_in_duplicates(send, make, ada):
    sheet = "email,due_at\nada@example.org,soon\nada@example.org,\nada@example.org,\nada@example.org,never\n"

    report = data_of(send(make.course(), sheet))

    assert [line["outcome"] for line in report["results"]] == ["invalid", "assigned", "duplicate", "invalid"]
    assert (report["requested"], report["unique"]) == (4, 3)


def test_blank_rows_are_counted_and_take_no_number(admin, send, make, ada, grace):
    report = data_of(send(make.course(), "email,due_at\n\n,\nada@example.org\n , \ngrace@example.org"))

    assert [(line["row"], line["outcome"]) for line in report["results"]] == [
        (1, "assigned"),
        (2, "assigned"),
    ]
    assert data_of(admin.get(f"/assignments/{report['id']}"))["sheet"]["blank_rows"] >= 2


def test_people_of_the_form_come_before_those_of_the_sheet(send, make, ada, grace):
    report = data_of(
        send(make.course(), "email\nada@example.org\n", emails="grace@example.org,x@example.org")
    )

    assert [line["input"] for line in report["results"]] == [
        "grace@example.org", "x@example.org", "ada@example.org",
    ]  # fmt: skip


def test_a_due_date_of_a_row_beats_that_of_the_run(send, make, ada, grace):
    sheet = "email,due\nada@example.org,2031-01-01T10:00:00+01:00\ngrace@example.org,\n"

    report = data_of(send(make.course(), sheet, due_at="2032-01-01"))

    assert [line["after"]["due_at"] for line in report["results"]] == [
        "2031-01-01T09:00:00Z", "2032-01-01T23:59:59Z",
    ]  # fmt: skip


def test_an_empty_due_date_does_not_remove_one(send, make, ada, grace):
    course = make.course()
    send(course, "email,due_at\nada@example.org,2031-01-01\ngrace@example.org,2031-01-01\n")

    sheet = "email,due_at\nada@example.org,2032-02-02\ngrace@example.org,\n"
    report = data_of(send(course, sheet, on_existing="update_due"))

    assert [line["outcome"] for line in report["results"]] == ["due_updated", "already_enrolled"]


def test_all_or_nothing_for_a_sheet(send, make, ada, grace, stored):
    course = make.course()

    refused = data_of(send(course, "email\nada@example.org\nnobody@example.org\n", atomic="true"))
    assert [(line["outcome"], line["code"]) for line in refused["results"]] == [
        ("skipped", "atomic_refused"), ("not_found", "not_found"),
    ]  # fmt: skip
    assert (refused["state"], refused["counts"]["skipped"]) == ("REFUSED", 1)
    assert stored(select(Enrollment.id)) == []

    written = data_of(send(course, "email\nada@example.org\ngrace@example.org\n", atomic="true"))
    assert written["state"] == "APPLIED"
    assert sorted(map(str, stored(select(Enrollment.id)))) == sorted(
        line["enrollment_id"] for line in written["results"]
    )
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [2]


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


def test_a_line_that_is_no_object_is_named(admin, make):
    response = admin.post(
        f"/courses/{make.course().id}/assign-multiple",
        data='{"email": "a@example.org"}\n[1]\n',
        content_type="application/x-ndjson",
    )

    assert_refused(response, 400, "invalid_request")
    assert "Line 2" in response.get_json()["message"]


def test_a_large_sheet_is_left_to_a_worker(admin, send, make, work_off, stored):
    first, second = make.course(), make.course()
    rows = "".join(f"n{number},{(first, second)[number % 2].code}\n" for number in range(10_001))

    accepted = data_of(send(None, f"username,course\n{rows}", action="assign"), 202)
    work_off()

    run = data_of(admin.get(f"/assignments/{accepted['id']}"))
    assert (run["state"], run["requested"], run["counts"]["not_found"]) == ("APPLIED", 10_001, 10_001)
    rows = stored(select(AssignmentItem.row).order_by(AssignmentItem.row))
    assert rows == list(range(1, 10_002))


def test_a_key_covers_the_digest_of_the_sheet(admin, send, make, ada, grace, stored):
    course, key = make.course(), {"Idempotency-Key": "sheet-1"}

    first = send(course, "email\nada@example.org\n", headers=key)
    again = send(course, "email\nada@example.org\n", headers=key)
    other = send(course, "email\ngrace@example.org\n", headers=key)

    assert data_of(again) == data_of(first)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert_refused(other, 422, "idempotency_key_reused")
    assert len(stored(select(Enrollment.id))) == 1


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
