"""Seats of a run: the order of the list decides, and only an admin may exceed them."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Course
from tests.support.assigning import ids
from tests.support.http import assert_refused


def test_with_fewer_seats_than_people_the_order_of_the_list_decides(run, make, stored):
    course = make.course(total_seats=3)
    make.enrollment(course)
    people = [make.student() for _ in range(4)]

    report = run(course, user_ids=ids(*reversed(people)))

    assert [line["outcome"] for line in report["results"]] == ["assigned", "assigned", "no_seat", "no_seat"]
    assert [line["user_id"] for line in report["results"]] == ids(*reversed(people))
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [3]


def test_people_who_take_no_seat_do_not_use_one_up(run, make):
    course = make.course(total_seats=2)
    held, inactive, fresh = make.enrollment(course), make.student(is_active=False), make.student()

    report = run(course, user_ids=[str(held.user_id), str(inactive.id), str(fresh.id)])

    assert [line["outcome"] for line in report["results"]] == ["already_enrolled", "inactive", "assigned"]


def test_an_admin_may_exceed_the_seats(run, make, stored):
    course = make.course(total_seats=1)
    people = [make.student() for _ in range(3)]

    report = run(course, user_ids=ids(*people), override_seats=True)

    assert report["counts"]["assigned"] == 3
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [3]


def test_an_instructor_may_not_exceed_the_seats(api, make):
    teacher = make.instructor()
    course, instructor = make.course(instructor=teacher), api.as_(teacher)

    response = instructor.post(
        f"/courses/{course.id}/assign-multiple", json={"usernames": ["x"], "override_seats": True}
    )

    assert_refused(response, 403, "forbidden")
