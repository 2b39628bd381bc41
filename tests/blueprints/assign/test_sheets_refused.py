"""Sheets that cannot be used, are left to a worker, or are sent twice."""

from __future__ import annotations

from sqlalchemy import select

from app.models import AssignmentItem, Enrollment
from tests.support.http import assert_refused, data_of


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
