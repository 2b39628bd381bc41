"""Enrollments that a run reactivates: what they keep, and what is renewed."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.enums import EnrollmentStatus, PaymentStatus
from app.models import Course, Enrollment
from tests.support.assigning import left
from tests.support.http import data_of

DUE = "2031-05-01T12:00:00Z"


def test_coming_back_keeps_the_enrollment_and_renews_its_terms(run, make, stored):
    course = make.course(price=30)
    enrollment = left(make, course, price_at_enrollment=10)

    report = run(course, user_ids=[str(enrollment.user_id)], due_at=DUE)

    (line,), (now,) = report["results"], stored(select(Enrollment))
    assert (line["outcome"], line["enrollment_id"]) == ("reactivated", str(enrollment.id))
    assert line["before"] == {"status": "CANCELLED", "source": "SELF", "due_at": None}
    assert line["after"] == {"status": "ACTIVE", "source": "ASSIGNED", "due_at": DUE}
    assert (now.status, now.source, now.cancelled_at) == ("ACTIVE", "ASSIGNED", None)
    assert (now.price_at_enrollment, now.payment_status) == (30, "WAIVED")
    assert now.enrolled_at == enrollment.enrolled_at
    assert now.reactivated_at is not None
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [1]


@pytest.mark.parametrize("price", [30, 0])
def test_coming_back_keeps_what_was_paid(run, make, stored, price):
    course = make.course(price=price, currency="EUR")
    paid = {"payment_status": PaymentStatus.PAID, "price_at_enrollment": 10, "currency": "USD"}
    enrollment = left(make, course, **paid)

    run(course, user_ids=[str(enrollment.user_id)])

    (now,) = stored(select(Enrollment))
    assert {column: getattr(now, column) for column in paid} == paid


def test_somebody_who_had_completed_comes_back_completed(run, make, stored):
    course = make.course(lessons=1)
    enrollment = left(make, course, completed_at=func.now(), completion_number=1)

    report = run(course, user_ids=[str(enrollment.user_id)])

    assert report["results"][0]["after"]["status"] == "COMPLETED"
    assert stored(select(Enrollment.status)) == [EnrollmentStatus.COMPLETED]


def test_coming_back_with_every_lesson_done_completes_at_once(run, make, stored, admin):
    course = make.course(lessons=1)
    enrollment = left(make, course)
    make.progress(enrollment, *make.lessons_of(course))

    report = run(course, user_ids=[str(enrollment.user_id)])

    assert report["results"][0]["outcome"] == "reactivated"
    assert report["results"][0]["after"]["status"] == "COMPLETED"
    assert stored(select(Enrollment.completion_number)) == [1]
    (line,) = data_of(admin.get(f"/assignments/{report['assignment_id']}/items"))
    assert line == report["results"][0] | {"user": line["user"]}
