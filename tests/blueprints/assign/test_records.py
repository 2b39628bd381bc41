"""The record of bulk runs: lists, filters, the ledger and its CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from app.enums import (
    ORDER_OF_OUTCOMES,
    OUTCOMES_OF_ASSIGNING,
    OUTCOMES_OF_UNASSIGNING,
    OUTCOMES_OF_UNDOING,
    Outcome,
)
from tests.support.http import assert_refused, data_of


def assign(client, course, *people, **body):
    sent = {"user_ids": [str(person.id) for person in people], **body}
    return data_of(client.post(f"/courses/{course.id}/assign-multiple", json=sent))


def test_a_run_is_recorded_with_who_when_and_why(api, make):
    boss = make.admin()
    course, student = make.course(), make.student()
    admin = api.as_(boss)

    report = assign(admin, course, student, student, reason="Safety first")

    record = data_of(admin.get(f"/assignments/{report['assignment_id']}"))
    assert record.pop("created_at") <= record.pop("finished_at")
    assert record == {
        "id": report["assignment_id"],
        "assignment_id": report["id"],
        "action": "ASSIGN",
        "course_id": str(course.id),
        "course": {"id": str(course.id), "code": course.code, "title": course.title, "slug": course.slug},
        "state": "APPLIED",
        "requested": 2,
        "unique": 1,
        "overdue": 0,
        "counts": report["counts"],
        "reason": "Safety first",
        "terms": {
            "due_at": None,
            "due_in_days": None,
            "on_existing": "keep",
            "notify": True,
            "override_seats": False,
            "atomic": False,
        },
        "committed_by": None,
        "created_by": str(boss.id),
        "creator": {"id": str(boss.id), "username": boss.username, "full_name": boss.full_name},
        "progress": {"done": 2, "total": 2, "percent": 100, "rows_per_second": None, "seconds_left": None},
        "job": {"attempts": 0, "last_error": None},
        "can": {"commit": False, "cancel": False, "retry": False, "undo": True},
        "plan_etag": None,
        "sheet": None,
        "retry_of": None,
        "undo_of": None,
        "undone_by": None,
        "courses": [],
    }


def test_runs_are_listed_newest_first_and_filtered(admin, make):
    course, other, student = make.course(), make.course(), make.student()
    first = assign(admin, course, student)["assignment_id"]
    second = assign(admin, other, student, mode="preview")["assignment_id"]
    body = {"user_ids": [str(student.id)]}
    third = data_of(admin.post(f"/courses/{course.id}/unassign-multiple", json=body))["assignment_id"]

    def listed(query=""):
        return [run["id"] for run in data_of(admin.get(f"/assignments{query}"))]

    assert listed() == [third, second, first]
    assert listed("?ordering=created_at") == [first, second, third]
    for name in (course.id, course.slug, course.code):
        assert listed(f"?course={name}") == [third, first]
    assert listed("?course=nowhere") == []
    assert listed("?state=preview") == [second]
    assert listed("?action=UNASSIGN") == [third]


@pytest.mark.parametrize("query", ["?state=x", "?ordering=reason", "?who=me"])
def test_an_unknown_filter_is_refused(admin, query):
    assert_refused(admin.get(f"/assignments{query}"), 422, "invalid_request")


def test_a_run_keeps_its_terms_and_one_that_unassigns_has_none(admin, make):
    course, student = make.course(), make.student()
    body = {"user_ids": [str(student.id)], "due_in_days": 30, "on_existing": "update_due", "notify": False}
    run = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))["assignment_id"]
    body = {"user_ids": [str(student.id)]}
    other = data_of(admin.post(f"/courses/{course.id}/unassign-multiple", json=body))["assignment_id"]

    assert data_of(admin.get(f"/assignments/{run}"))["terms"] == {
        "due_at": None,
        "due_in_days": 30,
        "on_existing": "update_due",
        "notify": False,
        "override_seats": False,
        "atomic": False,
    }
    assert data_of(admin.get(f"/assignments/{other}"))["terms"] is None


@pytest.mark.parametrize("path", ["/assignments", "/notices?channel=email"])
def test_the_names_in_a_list_cost_no_statement_a_row(api, make, statements, path):
    def asked(people):
        for _ in range(people):
            assign(api.as_(make.admin()), make.course(), make.student())
        caller = api.as_(make.admin())
        caller.get(path)
        with statements() as seen:
            rows = data_of(caller.get(path))
        return len(rows), len(seen)

    (few, some), (many, more) = asked(2), asked(4)

    assert (few, many) == (2, 6)
    assert some == more


def test_instructors_see_their_own_runs_only(api, admin, make):
    owner, other = make.instructor(), make.instructor()
    course, student = make.course(instructor=owner), make.student()
    own = assign(api.as_(owner), course, student)["assignment_id"]
    admins = assign(admin, course, make.student(is_active=False))["assignment_id"]

    assert [run["id"] for run in data_of(api.as_(owner).get("/assignments"))] == [own]
    assert data_of(api.as_(other).get("/assignments")) == []
    assert_refused(api.as_(owner).get(f"/assignments/{admins}"), 404, "not_found")
    assert_refused(api.as_(other).get(f"/assignments/{own}"), 404, "not_found")
    assert_refused(api.as_(other).get(f"/assignments/{own}/items"), 404, "not_found")
    assert len(data_of(admin.get("/assignments"))) == 2


def test_students_see_no_runs(api, make):
    assert_refused(api.as_(make.student()).get("/assignments"), 403, "forbidden")


def test_the_ledger_is_paged_in_the_order_sent(admin, make):
    people = [make.student() for _ in range(5)]
    report = assign(admin, make.course(total_seats=3), *people)
    path = f"/assignments/{report['assignment_id']}/items"

    first = admin.get(f"{path}?page_size=2").get_json()
    refused = admin.get(f"{path}?outcome=no_seat").get_json()

    assert without_users(first["data"]) == report["results"][:2]
    assert (first["count"], first["count_is_exact"]) == (5, True)
    assert without_users(refused["data"]) == report["results"][3:]
    assert refused["count"] == 2


def without_users(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name != "user"} for line in lines]


def test_the_ledger_names_users_as_they_are_today(admin, make):
    student = make.student(first_name="Ada", last_name="Byron")
    report = assign(admin, make.course(), student, emails=["nobody@example.org"])
    admin.patch(f"/users/{student.id}", json={"last_name": "Lovelace"})

    found, unknown = data_of(admin.get(f"/assignments/{report['assignment_id']}/items"))

    assert found["user"] == {
        "id": str(student.id),
        "username": student.username,
        "full_name": "Ada Lovelace",
    }
    assert unknown["user"] is None


def test_the_ledger_is_a_sheet_too(admin, make):
    course, student = make.course(), make.student()
    report = assign(admin, course, student, emails=["=cmd@example.org"])

    response = admin.get(f"/assignments/{report['assignment_id']}/items?format=csv")

    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert response.mimetype == "text/csv"
    assert [row["outcome"] for row in rows] == ["assigned", "not_found"]
    assert rows[0]["after_status"] == "ACTIVE"
    assert rows[1]["input"] == "'=cmd@example.org"


def test_a_list_of_runs_is_three_statements(admin, make, statements):
    course = make.course()
    for _ in range(5):
        assign(admin, course, make.student())

    with statements() as seen:
        data_of(admin.get("/assignments"))

    assert len(seen) == 3


def test_counts_have_one_order_everywhere(admin, make):
    """PostgreSQL keeps the members of JSON in an order of its own."""
    course, student = make.course(), make.student()
    users = {"user_ids": [str(student.id)]}

    report = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=users))
    undone = data_of(admin.post(f"/assignments/{report['id']}/undo", json={}))
    unassigned = data_of(admin.post(f"/courses/{course.id}/unassign-multiple", json=users))
    several = data_of(
        admin.post("/assignments", json={**users, "action": "assign", "course_ids": [str(course.id)]})
    )

    listed = {run["id"]: run for run in data_of(admin.get("/assignments"))}
    for run in (report, undone, unassigned, several):
        record = data_of(admin.get(f"/assignments/{run['id']}"))
        orders = [list(each["counts"]) for each in (run, record, listed[run["id"]], *run["courses"])]
        assert orders == [[name for name in ORDER_OF_OUTCOMES if name in found] for found in orders]
        assert orders[0] == orders[1] == orders[2]


def test_every_outcome_has_a_place_in_counts():
    assert sorted(ORDER_OF_OUTCOMES) == sorted(Outcome)
    for some in (OUTCOMES_OF_ASSIGNING, OUTCOMES_OF_UNASSIGNING, OUTCOMES_OF_UNDOING):
        assert list(some) == [outcome for outcome in ORDER_OF_OUTCOMES if outcome in some]
