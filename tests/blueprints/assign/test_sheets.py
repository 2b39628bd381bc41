"""Sheets of assignments: every dialect and shape in which people have them, and what is told about each row."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.models import Course, Enrollment
from tests.support.assigning import decisions
from tests.support.http import data_of


def test_a_sheet_in_a_form(send, make, ada, grace, stored):
    course = make.course()

    report = data_of(send(course, "E-mail\nada@example.org\ngrace@example.org\nnobody@example.org"))

    assert decisions(report) == [
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
    assert decisions(report) == [
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

    assert decisions(report) == [("HR-1", "assigned", None)]


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

    assert decisions(data_of(send(course, sheet, api.as_(owner)))) == [("HR-1", "assigned", None)]


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
