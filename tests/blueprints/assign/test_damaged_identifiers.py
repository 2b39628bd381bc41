"""Identifiers from a spreadsheet, copied into the lists of a JSON body: read as the cells of a sheet are."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.models import Enrollment
from tests.support.assigning import ASYNC, outcomes
from tests.support.http import assert_refused, data_of

DAMAGED = ["1.23457E+11", "#N/A", " NULL ", "12345.0", '="#REF!"']
LOST = [("invalid", "damaged_identifier")]


@pytest.fixture
def call(admin, make, ada):
    """Name these identifiers in one of the calls that take lists; the report."""
    course = make.course()
    make.enrollment(course, ada)

    def send(verb, **body):
        if verb == "several":
            body |= {"action": "unassign", "course_ids": [course.code]}
            return data_of(admin.post("/assignments", json=body))
        return data_of(admin.post(f"/courses/{course.id}/{verb}-multiple", json=body))

    return send


@pytest.mark.parametrize("verb", ["assign", "unassign", "several"])
def test_an_identifier_that_a_spreadsheet_destroyed_is_invalid(call, verb):
    kinds = {"external_ids": DAMAGED, "usernames": ["#N/A"], "emails": ["none"], "user_ids": ["-"]}

    report = call(verb, **kinds)

    assert outcomes(report) == LOST * 8
    assert report["counts"]["invalid"] == 8
    assert [line["input"] for line in report["results"]][3:] == DAMAGED


@pytest.mark.parametrize("verb", ["assign", "unassign", "several"])
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("external_ids", '="HR-1"'),
        ("external_ids", "'HR-1"),
        ("usernames", '="ada"'),
        ("emails", '="ada@example.org"'),
    ],
)
def test_what_protected_an_identifier_from_a_spreadsheet_is_taken_off(call, ada, verb, kind, text):
    (line,) = call(verb, **{kind: [text]})["results"]

    assert (line["user_id"], line["input"]) == (str(ada.id), text)


@pytest.mark.parametrize("verb", ["assign", "unassign"])
def test_an_invalid_row_refuses_a_run_that_is_all_or_nothing(call, make, ada, verb):
    person = make.student() if verb == "assign" else ada

    report = call(verb, usernames=[person.username], external_ids=["#N/A"], atomic=True)

    assert report["state"] == "REFUSED"
    assert outcomes(report) == [("skipped", "atomic_refused"), *LOST]


def test_a_worker_and_a_retry_find_the_same(admin, make, ada, stored, work_off):
    course = make.course()
    body = {"external_ids": ["1.23457E+11", '="HR-1"']}

    accepted = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body, headers=ASYNC), 202)
    work_off()
    again = data_of(admin.post(f"/assignments/{accepted['id']}/retry"))

    assert stored(select(Enrollment.user_id)) == [ada.id]
    assert outcomes(again) == LOST


def test_one_person_by_a_damaged_identifier_is_refused(admin, make, ada):
    path = f"/courses/{make.course().id}/assign"

    refused = admin.post(path, json={"external_id": "1.23457E+11"})
    made = admin.post(path, json={"external_id": '="HR-1"'})

    details = assert_refused(refused, 422, "damaged_identifier")
    assert details["external_id"][0].startswith("1.23457E+11 is a number that a spreadsheet has shortened")
    assert data_of(made, 201)["user_id"] == str(ada.id)
