"""Bulk runs in tests: reports as short lists, and enrollments in every state."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update

from app.db.session import db, transaction
from app.enums import EnrollmentStatus
from app.models import Assignment, Enrollment
from tests.support.http import data_of

ASYNC = {"Prefer": "respond-async"}
NDJSON, CSV = "application/x-ndjson", "text/csv"


def ids(*people):
    return [str(person.id) for person in people]


def decisions(report):
    """What became of each line of a report, with what it was sent as."""
    return [(line["input"], line["outcome"], line["code"]) for line in report["results"]]


def outcomes(report):
    """The same without what was sent."""
    return [(line["outcome"], line["code"]) for line in report["results"]]


def left(make, course, user=None, **values):
    return make.enrollment(course, user, status=EnrollmentStatus.CANCELLED, cancelled_at=func.now(), **values)


def completed(make, course, user=None, **values):
    return make.enrollment(
        course,
        user,
        status=EnrollmentStatus.COMPLETED,
        completed_at=func.now(),
        completion_number=1,
        **values,
    )


def undo(client, report, **body):
    return client.post(f"/assignments/{report['id']}/undo", json=body)


def record(client, report):
    return data_of(client.get(f"/assignments/{report['id']}"))


def counted(report):
    return {outcome: count for outcome, count in report["counts"].items() if count}


def stored_rows(stored, statement):
    """Rows of several columns, as tuples."""
    return [tuple(row) for row in stored(select(func.jsonb_build_array(*statement.subquery().c)))]


def values_of(stored):
    """Everything that an enrollment has, in the order of ids."""
    columns = [column.name for column in Enrollment.__table__.columns]
    return [
        {name: getattr(row, name) for name in columns}
        for row in stored(select(Enrollment).order_by(Enrollment.id))
    ]


def commit(client, plan, etag=None):
    headers = {"If-Match": plan["plan_etag"] if etag is None else etag}
    return client.post(f"/assignments/{plan['id']}/commit", headers=headers)


def commit_by_worker(client, plan):
    headers = {"If-Match": plan["plan_etag"], **ASYNC}
    return client.post(f"/assignments/{plan['id']}/commit", headers=headers)


def let_expire(app, **by):
    with app.app_context(), transaction():
        earlier = Assignment.expires_at - timedelta(**by)
        db.session.execute(update(Assignment).values(expires_at=earlier))
