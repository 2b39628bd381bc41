"""A deleted user takes no seat, is never overdue, and leaves records without a name."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.db.session import db, transaction
from app.enums import EnrollmentStatus
from app.models import Certificate, Course, Enrollment
from app.services.counters import verification
from tests.support.http import assert_refused, data_of
from tests.support.races import Started, at_once, holding

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
DONE = {"status": EnrollmentStatus.COMPLETED, "completed_at": LONG_AGO, "completion_number": 1}


@pytest.fixture
def office(api, make):
    return api.as_(make.admin())


@pytest.fixture
def differences(app):
    def found():
        with app.app_context():
            return verification.verify().differences

    return found


def test_deleting_a_person_cancels_what_they_have_not_completed(office, make, stored, differences):
    person = make.student()
    course, finished, left = make.course(total_seats=1), make.course(), make.course()
    active = make.enrollment(course, person)
    make.enrollment(finished, person, **DONE)
    gone = {"status": EnrollmentStatus.CANCELLED, "cancelled_at": LONG_AGO}
    make.enrollment(left, person, **gone)

    assert office.delete(f"/users/{person.id}").status_code == 204

    rows = data_of(office.get(f"/users/{person.id}/enrollments?ordering=enrolled_at"))
    told = {row["course_id"]: (row["status"], row["cancellation_reason"]) for row in rows}
    assert told == {
        str(course.id): ("CANCELLED", "user_deleted"),
        str(finished.id): ("COMPLETED", None),
        str(left.id): ("CANCELLED", None),
    }
    (row,) = stored(select(Enrollment).where(Enrollment.id == active.id))
    assert row.cancelled_at is not None
    counts = {row.id: row.enrollment_count for row in stored(select(Course))}
    assert counts == {course.id: 0, finished.id: 1, left.id: 0}
    assert differences() == []


def test_the_seat_of_a_deleted_person_can_be_taken(api, office, make):
    course, person = make.course(total_seats=1), make.student()
    make.enrollment(course, person)
    newcomer = api.as_(make.student())
    assert_refused(newcomer.post(f"/courses/{course.id}/enroll"), 409, "course_full")

    office.delete(f"/users/{person.id}")

    assert newcomer.post(f"/courses/{course.id}/enroll").status_code == 201


def test_deactivated_people_keep_enrollments_and_seats(office, make, stored):
    course, person = make.course(total_seats=1), make.student()
    make.enrollment(course, person)

    office.post(f"/users/{person.id}/deactivate")

    (row,) = stored(select(Enrollment))
    assert (row.status, row.cancellation_reason) == ("ACTIVE", None)
    assert stored(select(Course))[0].enrollment_count == 1


def test_deleting_takes_the_same_statements_whatever_the_person_did(office, make, statements):
    few, many = make.student(), make.student()
    make.enrollment(make.course(), few)
    for _ in range(5):
        make.enrollment(make.course(), many)

    with statements() as of_few:
        office.delete(f"/users/{few.id}")
    with statements() as of_many:
        office.delete(f"/users/{many.id}")

    assert len(of_few) == len(of_many)


@pytest.mark.parametrize("deletes_course", [False, True])
def test_what_is_overdue_counts_active_people_and_existing_courses(office, make, deletes_course):
    course, deactivated, stays = make.course(), make.student(), make.student()
    for due_at in (datetime.now(UTC) - timedelta(days=40), datetime.now(UTC) - timedelta(seconds=1)):
        make.enrollment(make.course(), stays, due_at=due_at)
        make.enrollment(make.course(), deactivated, due_at=due_at)
        make.enrollment(course, due_at=due_at)
    assert data_of(office.get("/dashboard/admin"))["overdue_assignments"] == 6

    office.post(f"/users/{deactivated.id}/deactivate")
    if deletes_course:
        office.delete(f"/courses/{course.id}?force=true")

    assert data_of(office.get("/dashboard/admin"))["overdue_assignments"] == (2 if deletes_course else 4)


def test_a_deactivated_person_in_a_deleted_course_is_taken_off_once(office, make):
    person, course = make.student(), make.course()
    make.enrollment(course, person, due_at=LONG_AGO)
    make.enrollment(make.course(), due_at=LONG_AGO)

    office.post(f"/users/{person.id}/deactivate")
    office.delete(f"/courses/{course.id}?force=true")

    assert data_of(office.get("/dashboard/admin"))["overdue_assignments"] == 1


def test_lists_of_what_is_overdue_leave_out_people_who_are_not_active(office, make):
    course, person = make.course(), make.student()
    make.enrollment(course, person, due_at=LONG_AGO)
    staying = make.enrollment(course, due_at=LONG_AGO)
    paths = {
        "late": f"/courses/{course.id}/enrollments?overdue=true",
        "in time": f"/courses/{course.id}/enrollments?overdue=false",
        "theirs": f"/enrollments?user_id={person.id}&overdue=true",
        "of the user": f"/users/{person.id}/enrollments?overdue=true",
    }
    assert [len(data_of(office.get(path))) for path in paths.values()] == [2, 0, 1, 1]

    office.post(f"/users/{person.id}/deactivate")

    found = {name: data_of(office.get(path)) for name, path in paths.items()}
    assert {name: len(rows) for name, rows in found.items()} == {
        "late": 1,
        "in time": 1,
        "theirs": 0,
        "of the user": 0,
    }
    assert found["late"][0]["id"] == str(staying.id)


def test_a_deleted_users_certificate_is_valid_and_has_no_name(app, api, office, make, stored):
    person = make.student(first_name="Ada", last_name="Lovelace")
    enrollment = make.enrollment(make.course(), person, **DONE)
    with app.app_context(), transaction():
        db.session.add(
            Certificate(enrollment_id=enrollment.id, course_title="Logic", full_name="Ada Lovelace")
        )
    (certificate,) = stored(select(Certificate))
    path = f"/certificates/verify/{certificate.number}"
    before = data_of(api.get(path))
    assert (before["is_valid"], before["full_name"]) == (True, "Ada Lovelace")

    office.delete(f"/users/{person.id}")

    after = api.get(path)
    assert (data_of(after)["is_valid"], data_of(after)["is_revoked"]) == (True, False)
    assert (data_of(after)["full_name"], data_of(after)["course_title"]) == (None, "Logic")
    assert "Lovelace" not in after.text


def test_a_revoked_certificate_is_not_valid(app, api, office, make, stored):
    enrollment = make.enrollment(make.course(), **DONE)
    with app.app_context(), transaction():
        db.session.add(Certificate(enrollment_id=enrollment.id, course_title="Logic", full_name="Ada"))
    (certificate,) = stored(select(Certificate))

    office.post(f"/certificates/{certificate.id}/revoke", json={})

    assert data_of(api.get(f"/certificates/verify/{certificate.number}"))["is_valid"] is False


@pytest.mark.parametrize("comes_back", [False, True])
@pytest.mark.parametrize("others", [0, 1, 150])
def test_no_user_is_enrolled_while_they_are_being_deleted(
    config, api, office, make, stored, differences, others, comes_back
):
    """By themselves, or by a run that is about others as well."""
    person, course = make.student(), make.course()
    if comes_back:
        gone = {"status": EnrollmentStatus.CANCELLED, "cancelled_at": LONG_AGO}
        make.enrollment(course, person, **gone)
    emails = [person.email, *(make.student().email for _ in range(others))]
    learner = api.as_(person)
    take = (
        (lambda: office.post(f"/courses/{course.id}/assign-multiple", json={"emails": emails}))
        if others
        else (lambda: learner.post(f"/courses/{course.id}/enroll"))
    )
    # The request has found all users, and waits before it commits; then one of them is deleted.
    held = "users WHERE email = :email" if others else "courses WHERE id = :id"
    with holding(config, f"SELECT FROM {held} FOR UPDATE", email=emails[-1], id=course.id) as waiting:
        taken = Started(take)
        waiting(1)
        deleted = Started(lambda: office.delete(f"/users/{person.id}"))
        deleted.thread.join(1)
    answers = [taken.finish(), deleted.finish()]

    assert answers[1].status_code == 204
    rows = stored(select(Enrollment).where(Enrollment.user_id == person.id))
    assert [row.status for row in rows if row.status == "ACTIVE"] == []
    assert differences() == []


def test_people_who_share_courses_are_deleted_at_the_same_moment(api, make, stored, differences):
    courses = [make.course(total_seats=4) for _ in range(5)]
    people = [make.student() for _ in range(4)]
    for number, person in enumerate(people):
        for course in courses if number % 2 else courses[::-1]:
            make.enrollment(course, person)
    offices = [api.as_(make.admin()) for _ in people]

    answers = at_once(
        *[
            lambda office=office, person=person: office.delete(f"/users/{person.id}")
            for office, person in zip(offices, people, strict=True)
        ]
    )

    assert [answer.status_code for answer in answers] == [204] * 4
    assert {row.enrollment_count for row in stored(select(Course))} == {0}
    assert differences() == []
