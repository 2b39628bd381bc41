"""A preview decides the same and writes nothing but its ledger."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from app.db.session import db, transaction
from app.models import Assignment, Enrollment
from tests.support.assigning import ids, left, outcomes
from tests.support.http import assert_refused, data_of

DUE = "2031-05-01T12:00:00Z"
LATER = dt.datetime(2032, 1, 1, tzinfo=dt.UTC)


def test_a_preview_decides_the_same_and_writes_nothing(run, make, stored):
    course = make.course(total_seats=3)
    gone, held = left(make, course), make.enrollment(course, due_at=LATER)
    people = [*ids(make.student()), str(gone.user_id), str(held.user_id), *ids(make.student()), "x"]
    before = stored(select(Enrollment.status).order_by(Enrollment.id))

    body = {"user_ids": people, "due_at": DUE, "on_existing": "update_due"}
    preview = run(course, mode="preview", **body)
    unchanged = stored(select(Enrollment.status).order_by(Enrollment.id))
    real = run(course, **body)

    assert preview["state"] == "PREVIEW"
    assert outcomes(preview) == outcomes(real)
    assert [line["after"] for line in preview["results"]] == [line["after"] for line in real["results"]]
    assert preview["results"][0]["enrollment_id"] is None
    assert unchanged == before
    assert preview["plan_etag"]
    assert len(stored(select(Assignment))) == 2


def test_a_preview_is_gone_after_a_day(app, admin, run, make):
    report = run(make.course(), user_ids=ids(make.student()), mode="preview")
    path = f"/assignments/{report['assignment_id']}"
    fresh = admin.get(path)

    with app.app_context(), transaction():
        db.session.get_one(Assignment, report["assignment_id"]).expires_at = func.now()

    assert data_of(fresh)["state"] == "PREVIEW"
    assert_refused(admin.get(path), 404, "not_found")
    assert_refused(admin.get(f"{path}/items"), 404, "not_found")
    assert data_of(admin.get("/assignments")) == []
