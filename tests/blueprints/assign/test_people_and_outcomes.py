"""Assigning people: who counts as whom, every outcome, and an honest line about each person."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.enums import PaymentStatus
from app.errors.base import catalogue
from app.models import AssignmentItem, Course, Enrollment
from app.schemas.assignments import ItemSchema
from tests.support.assigning import completed, ids, left, outcomes
from tests.support.http import data_of

DUE = "2031-05-01T12:00:00Z"
LATER = dt.datetime(2032, 1, 1, tzinfo=dt.UTC)
ASSIGN_OUTCOMES = {
    "assigned",
    "reactivated",
    "already_enrolled",
    "due_updated",
    "duplicate",
    "not_found",
    "inactive",
    "ineligible",
    "no_seat",
    "invalid",
    "skipped",
}


def test_people_are_found_by_every_kind_of_identifier_in_a_fixed_order(run, make):
    course, people = make.course(), [make.student(external_id=f"HR-{n}") for n in range(4)]

    report = run(
        course,
        external_ids=[people[3].external_id],
        usernames=[f" {people[2].username.upper()} "],
        emails=[people[1].email.upper()],
        user_ids=[str(people[0].id).upper()],
    )

    assert [line["row"] for line in report["results"]] == [1, 2, 3, 4]
    assert [line["user_id"] for line in report["results"]] == ids(*people)
    assert [line["input"] for line in report["results"]] == [
        str(people[0].id).upper(),
        people[1].email.upper(),
        f" {people[2].username.upper()} ",
        "HR-3",
    ]


def test_an_assigned_person_holds_a_seat_for_the_reasons_given(run, make, stored):
    admin, course, student = make.admin(), make.course(price=20), make.student()

    report = run(course, user_ids=ids(student), due_at=DUE, reason="Onboarding")

    (line,), (enrollment,) = report["results"], stored(select(Enrollment))
    assert line["before"] is None
    assert line["after"] == {"status": "ACTIVE", "source": "ASSIGNED", "due_at": DUE}
    assert line["enrollment_id"] == str(enrollment.id)
    assert (enrollment.user_id, enrollment.status, enrollment.source) == (student.id, "ACTIVE", "ASSIGNED")
    assert enrollment.payment_status == PaymentStatus.WAIVED
    assert enrollment.price_at_enrollment == 20
    assert enrollment.assigned_by != admin.id
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [1]


def test_every_outcome_in_one_call(run, make):
    course = make.course(total_seats=4)
    active, done, gone = make.enrollment(course), completed(make, course), left(make, course)
    fresh, inactive = make.student(), make.student(is_active=False)
    late = make.student()

    report = run(
        course,
        user_ids=[
            str(fresh.id),
            str(active.user_id),
            str(done.user_id),
            str(gone.user_id),
            str(fresh.id),
            str(inactive.id),
            str(course.instructor_id),
            str(uuid4()),
            str(late.id),
        ],
        emails=["nobody@example.org", "no address", ""],
    )

    assert outcomes(report) == [
        ("assigned", None),
        ("already_enrolled", "already_enrolled"),
        ("already_enrolled", "already_enrolled"),
        ("reactivated", None),
        ("duplicate", None),
        ("inactive", "user_inactive"),
        ("ineligible", "own_course"),
        ("not_found", "not_found"),
        ("no_seat", "course_full"),
        ("not_found", "not_found"),
        ("not_found", "invalid_identifier"),
        ("not_found", "invalid_identifier"),
    ]
    assert set(report["counts"]) == ASSIGN_OUTCOMES
    assert sum(report["counts"].values()) == report["requested"] == 12
    assert report["unique"] == 11


def test_the_codes_of_rows_are_those_of_refusals(app, make, run, stored):
    course = make.course(total_seats=1)
    everything = ["", str(uuid4()), str(course.instructor_id), *ids(make.student(is_active=False))]

    run(course, user_ids=[*everything, *ids(make.student(), make.student())])

    codes = set(stored(select(AssignmentItem.code).where(AssignmentItem.code.is_not(None))))
    assert codes == {"invalid_identifier", "not_found", "own_course", "user_inactive", "course_full"}
    assert codes <= set(catalogue())


def test_the_report_is_shaped_as_documented_and_equals_the_ledger(run, make, admin):
    course = make.course(total_seats=3)
    people = [make.student(), left(make, course, due_at=LATER).user_id, make.student(is_active=False)]
    named = [str(getattr(person, "id", person)) for person in people]

    report = run(course, user_ids=[*named, "x", named[0]], due_in_days=3)

    assert [ItemSchema().load(line) for line in report["results"]]
    items = data_of(admin.get(f"/assignments/{report['assignment_id']}/items"))
    assert items == [
        line | {"user": item["user"]} for line, item in zip(report["results"], items, strict=True)
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("user_ids", "not-a-uuid"),
        ("user_ids", "{01920c3e-7a10-7c3d-9f42-5b6a7c8d9e0f}"),
        ("user_ids", "٠1920c3e-7a10-7c3d-9f42-5b6a7c8d9e0f"),
        ("emails", "no-at-sign"),
        ("emails", "a" * 250 + "@b.org"),
        ("emails", "two words@example.org"),
        ("usernames", ""),
        ("usernames", "  \t"),
        ("usernames", "with\x00nul"),
        ("external_ids", "x" * 255),
        ("external_ids", "x" * 5000),
        ("external_ids", "line\nbreak"),
    ],
)
def test_a_string_that_cannot_be_an_identifier_is_its_rows_own_trouble(run, make, kind, text):
    course, student = make.course(), make.student()

    report = run(course, **{kind: [text], **({} if kind == "user_ids" else {"user_ids": ids(student)})})

    line = report["results"][-1]
    assert (line["outcome"], line["code"], line["input"]) == ("not_found", "invalid_identifier", text)
    assert report["counts"]["assigned"] == len(report["results"]) - 1


@pytest.mark.parametrize(
    "text", ["\\", '"', "{}", "NULL;", "x',); --", "%s", ":x", "ünï", "👩🏽‍🚀", "\ufffd"]
)
def test_odd_strings_are_looked_up_as_they_are(run, make, text):
    course, student = make.course(), make.student(external_id=text)

    report = run(course, external_ids=[text])

    assert [(line["user_id"], line["input"]) for line in report["results"]] == [(str(student.id), text)]


def test_one_person_by_two_identifiers_is_one_and_the_first_row_wins(run, make):
    course, student = make.course(), make.student()

    report = run(course, emails=[student.email], user_ids=ids(student), usernames=[student.username])

    assert outcomes(report) == [("assigned", None), ("duplicate", None), ("duplicate", None)]
    assert (report["requested"], report["unique"]) == (3, 1)
    assert report["results"][1]["user_id"] == str(student.id)
    assert report["results"][1]["before"] is report["results"][1]["after"] is None
