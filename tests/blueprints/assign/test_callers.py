"""Who may assign whom: admins, and instructors in their own courses."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

from sqlalchemy import select

from app.enums import PaymentStatus
from app.models import Enrollment
from tests.support.assigning import ids, outcomes


def test_admins_assign_anybody_who_is_active(run, make):
    people = [make.instructor(), make.admin(), make.student(email_verified=False)]

    report = run(make.course(admission_deadline=dt.date(2020, 1, 1)), user_ids=ids(*people))

    assert report["counts"]["assigned"] == 3


def test_where_nobody_verifies_an_instructor_assigns_the_unverified_too(api, run, make, setting):
    setting(require_email_verification=False)
    teacher = make.instructor()
    unverified = make.student(email_verified=False)
    inactive = make.student(email_verified=False, is_active=False)

    report = run(make.course(instructor=teacher), client=api.as_(teacher), user_ids=ids(unverified, inactive))

    assert outcomes(report) == [("assigned", None), ("not_found", "not_found")]


def test_to_an_instructor_unknown_inactive_and_unverified_are_alike(api, run, make):
    teacher = make.instructor()
    course, instructor = make.course(instructor=teacher), api.as_(teacher)
    hidden = [make.student(is_active=False), make.student(email_verified=False)]
    seen = make.student()

    report = run(
        course,
        client=instructor,
        user_ids=[str(uuid4()), *ids(*hidden, seen)],
        emails=[person.email for person in hidden],
    )

    nobody = ("not_found", "not_found")
    assert outcomes(report) == [nobody, nobody, nobody, ("assigned", None), nobody, nobody]
    assert [line["user_id"] for line in report["results"]] == [None, None, None, str(seen.id), None, None]


def test_an_instructors_word_waives_no_price(api, run, make, stored):
    teacher, student = make.instructor(), make.student()
    course = make.course(price=5, instructor=teacher)

    run(course, client=api.as_(teacher), user_ids=ids(student))

    assert stored(select(Enrollment.payment_status)) == [PaymentStatus.UNPAID]
