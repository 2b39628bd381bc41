"""One person assigned: in one statement where nothing refuses it, and then with the rows that a run of one writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text

from app.db.session import db, transaction
from app.enums import CourseStatus, EnrollmentStatus
from app.errors.base import Refusal
from app.models import Assignment, AssignmentItem, Course, Enrollment, Notice
from app.services.assigning import assignments
from app.values.people import People
from app.values.terms import Terms
from tests.support.http import data_of
from tests.support.races import at_once, outcomes

PAST, FUTURE = datetime.now(UTC) - timedelta(days=3), datetime.now(UTC) + timedelta(days=30)
ITS_OWN = {"id", "course_id", "enrollment_id", "assignment_id", "finished_at"}
"""Columns in which two runs differ."""

TERMS = {
    "no terms": Terms(),
    "a due date": Terms(due_at=FUTURE),
    "a due date that has passed": Terms(due_at=PAST),
    "days": Terms(due_in_days=7),
    "days of the past": Terms(due_in_days=0),
    "no notice": Terms(notify=False),
}
COURSES = {
    "free": {},
    "priced": {"price": Decimal("49.90"), "currency": "EUR"},
    "one seat left": {"total_seats": 1},
    "full": {"total_seats": 1, "enrollment_count": 1},
    "draft": {"status": CourseStatus.DRAFT},
}
PEOPLE = {
    "student": {},
    "inactive": {"is_active": False},
    "unverified": {"email_verified": False},
    "deleted": {"deleted_at": func.now(), "is_active": False},
}
LEARNING = {
    "active": {"status": EnrollmentStatus.ACTIVE},
    "completed": {"status": EnrollmentStatus.COMPLETED, "completed_at": func.now(), "completion_number": 1},
    "cancelled": {"status": EnrollmentStatus.CANCELLED, "cancelled_at": func.now()},
}


@pytest.fixture
def both(app, make):
    """Assign the same person to two equal courses, by the statement and by a run; return what each wrote or refused."""

    def assign(person, terms=TERMS["no terms"], *, is_admin=True, held=None, **values):
        teacher = make.instructor()
        actor = make.admin() if is_admin else teacher
        first, second = (make.course(instructor=teacher, **values) for _ in range(2))
        if held is not None:
            for course in (first, second):
                make.enrollment(course, held["learner"], **held["values"])
        named = person(teacher) if callable(person) else person
        with app.app_context(), transaction():
            by_statement = _outcome(lambda: assignments.assign_one(actor, first.id, named, terms), first)
            by_run = _outcome(lambda: assignments.assign(actor, second.id, named, terms), second)
        return by_statement, by_run

    return assign


def _outcome(act, course):
    """What was written for this course, and the code of a refusal, or none."""
    try:
        result = act()
    except Refusal as refusal:
        return refusal.code, _written(course)
    (line,) = getattr(result, "lines", [None])
    return line and line.code, _written(course)


def _written(course):
    rows = {
        model.__name__: [
            {name: value for name, value in row._mapping.items() if name not in ITS_OWN}
            for row in db.session.execute(select(model.__table__).where(model.course_id == course.id))
        ]
        for model in (Enrollment, Assignment, AssignmentItem)
    }
    notices = select(Notice.__table__).where(Notice.course_id == course.id).order_by(Notice.channel)
    rows["Notice"] = [
        {name: value for name, value in row._mapping.items() if name not in ITS_OWN}
        for row in db.session.execute(notices)
    ]
    counted = select(Course.enrollment_count, Course.updated_at - Course.created_at)
    return rows, tuple(db.session.execute(counted.where(Course.id == course.id)).one())


def of(user):
    return People(user_ids=[str(user.id)])


@pytest.mark.parametrize("is_admin", [True, False])
@pytest.mark.parametrize("course", ["free", "priced", "one seat left"])
@pytest.mark.parametrize("terms", TERMS)
def test_it_writes_what_a_run_of_one_writes(both, make, terms, course, is_admin):
    by_statement, by_run = both(of(make.student()), TERMS[terms], is_admin=is_admin, **COURSES[course])

    assert by_statement == by_run
    rows, (seats, _) = by_statement[1]
    assert (len(rows["Enrollment"]), len(rows["Assignment"]), len(rows["AssignmentItem"]), seats) == (
        1,
        1,
        1,
        1,
    )


@pytest.mark.parametrize("kind", ["user_ids", "emails", "usernames", "external_ids"])
def test_a_person_is_found_by_any_identifier(both, make, kind):
    student = make.student(external_id="HR-7")
    column = {"user_ids": "id", "emails": "email", "usernames": "username", "external_ids": "external_id"}[
        kind
    ]
    spelled = str(getattr(student, column))

    person = People(**{kind: [f" {spelled.upper() if kind in {'emails', 'usernames'} else spelled} "]})
    by_statement, by_run = both(person)

    assert by_statement == by_run
    assert by_statement[0] is None


@pytest.mark.parametrize("verification", [True, False])
@pytest.mark.parametrize("is_admin", [True, False])
@pytest.mark.parametrize("kind", PEOPLE)
def test_who_may_be_assigned_is_decided_alike(both, make, setting, kind, is_admin, verification):
    setting(require_email_verification=verification)

    by_statement, by_run = both(of(make.student(**PEOPLE[kind])), is_admin=is_admin)

    assert by_statement[0] == by_run[0]
    assert bool(by_statement[1][0]["Enrollment"]) == bool(by_run[1][0]["Enrollment"])


@pytest.mark.parametrize("state", LEARNING)
def test_who_was_in_the_course_is_decided_alike(both, make, state):
    learner = make.student()

    by_statement, by_run = both(of(learner), held={"learner": learner, "values": LEARNING[state]})

    assert by_statement[0] == by_run[0]
    (one,), (other,) = by_statement[1][0]["Enrollment"], by_run[1][0]["Enrollment"]
    assert (one["status"], one["source"], one["assigned_by"]) == (
        other["status"],
        other["source"],
        other["assigned_by"],
    )
    assert one["status"] == ("ACTIVE" if state == "cancelled" else state.upper())


@pytest.mark.parametrize("course", ["full", "draft"])
@pytest.mark.parametrize("is_admin", [True, False])
def test_a_course_that_takes_nobody_is_refused_alike(both, make, course, is_admin):
    by_statement, by_run = both(of(make.student()), is_admin=is_admin, **COURSES[course])

    assert by_statement[0] == by_run[0]
    assert by_statement[0] is not None
    assert by_statement[1][0]["Enrollment"] == []


def test_an_admin_may_exceed_the_seats(both, make):
    by_statement, by_run = both(of(make.student()), Terms(override_seats=True), **COURSES["full"])

    assert by_statement == by_run
    assert by_statement[1][1][0] == 2


def test_an_instructor_is_not_assigned_to_an_own_course(both):
    by_statement, by_run = both(of)

    assert by_statement[0] == by_run[0] == "own_course"


def test_a_course_is_found_by_its_slug_and_not_by_who_may_not_change_it(app, make):
    course, student = make.course(), make.student()
    with app.app_context():
        with transaction(), pytest.raises(Refusal, match="Only the instructor"):
            assignments.assign_one(make.instructor(), course.slug, of(student))
        with transaction():
            made = assignments.assign_one(make.admin(), course.slug, of(student))

    assert made.enrollment.course_id == course.id


def test_it_is_one_statement_behind_its_locks(app, api, make, statements):
    admin, course = api.as_(make.admin()), make.course()
    data_of(admin.post(f"/courses/{course.id}/assign", json={"user_id": str(make.student().id)}), 201)
    student = make.student()

    with statements() as executed:
        data_of(admin.post(f"/courses/{course.id}/assign", json={"user_id": str(student.id)}), 201)

    assert [each.split(" ")[0] for each in executed] == [
        "EXECUTE"
    ] * 3  # the caller, the locks, the statement


def test_the_last_seat_goes_to_one_of_many_assigned_at_once(app, api, make):
    course, people = make.course(total_seats=1), [make.student() for _ in range(8)]
    admin = api.as_(make.admin())

    answers = at_once(
        *(
            lambda person=person: admin.post(f"/courses/{course.id}/assign", json={"user_id": str(person.id)})
            for person in people
        )
    )

    assert outcomes(answers) == {"201": 1, "409 course_full": 7}
    with app.app_context():
        held = select(func.count()).select_from(Enrollment).where(Enrollment.course_id == course.id)
        assert db.session.scalar(held) == db.session.get_one(Course, course.id).enrollment_count == 1


def test_one_person_assigned_many_times_at_once_has_one_enrollment_and_one_run(app, api, make):
    course, student = make.course(), make.student()
    admin = api.as_(make.admin())

    answers = at_once(
        *(lambda: admin.post(f"/courses/{course.id}/assign", json={"user_id": str(student.id)}),) * 6
    )

    assert outcomes(answers) == {"201": 1, "409 already_enrolled": 5}
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM assignments")) == 1
        assert db.session.scalar(select(Course.enrollment_count).where(Course.id == course.id)) == 1
