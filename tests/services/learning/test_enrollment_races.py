"""Races for seats and for completion, on real connections: each has been seen to fail without its mechanism."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from app.db.session import db, transaction
from app.enums import Channel, EnrollmentStatus
from app.models import Certificate, Course, Enrollment, Notice, User
from app.services.learning import completion
from tests.support.http import data_of
from tests.support.races import at_once, outcomes

ROUNDS = 3


@pytest.fixture
def counted(app):
    """The seats of a course as its counter has them, which is how many enrollments hold one."""

    def count(course):
        with app.app_context():
            held = db.session.scalar(
                select(func.count())
                .select_from(Enrollment)
                .where(Enrollment.course_id == course.id, Enrollment.holds_seat())
            )
            assert db.session.get_one(Course, course.id).enrollment_count == held
            return held

    return count


def joining(client, course):
    return lambda: client.post(f"/courses/{course.id}/enroll")


def completing(client, lesson):
    return lambda: client.post(f"/lessons/{lesson.id}/complete")


def test_the_last_five_seats_go_to_five_of_sixty_four(api, make, counted):
    course = make.course(total_seats=5)
    students = [api.as_(make.student()) for _ in range(64)]

    answers = at_once(*[joining(student, course) for student in students])

    assert outcomes(answers) == {"201": 5, "409 course_full": 59}
    assert counted(course) == 5


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_one_student_who_joins_thirty_two_times_takes_one_seat(api, make, counted, _round):
    course, student = make.course(), api.as_(make.student())

    answers = at_once(*[joining(student, course)] * 32)

    assert outcomes(answers) == {"201": 1, "409 already_enrolled": 31}
    assert counted(course) == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_leaving_many_times_frees_one_seat(api, make, counted, _round):
    course, student = make.course(), make.student()
    enrollment = make.enrollment(course, student)
    make.enrollment(course)
    client = api.as_(student)

    answers = at_once(*[lambda: client.delete(f"/enrollments/{enrollment.id}")] * 8)

    assert outcomes(answers) == {"200": 1, "409 invalid_transition": 7}
    assert counted(course) == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_seat_changes_hands_without_being_lost_or_doubled(api, make, counted, _round):
    course, leaver = make.course(total_seats=1), make.student()
    enrollment, client = make.enrollment(course, leaver), api.as_(leaver)
    others = [api.as_(make.student()) for _ in range(7)]

    left, *joined = at_once(
        lambda: client.delete(f"/enrollments/{enrollment.id}"), *[joining(other, course) for other in others]
    )

    assert left.status_code == 200
    assert set(outcomes(joined)) <= {"201", "409 course_full"}
    assert counted(course) == outcomes(joined)["201"] <= 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_no_user_joins_once_a_course_is_archived(api, make, counted, _round):
    course = make.course()
    owner = api.as_(owner_of(make, course))
    students = [api.as_(make.student()) for _ in range(16)]

    *joined, archived = at_once(
        *[joining(student, course) for student in students],
        lambda: owner.post(f"/courses/{course.id}/archive"),
    )

    assert set(outcomes(joined)) <= {"201", "409 course_not_open", "404 not_found"}
    assert data_of(archived)["enrollment_count"] == counted(course) == outcomes(joined)["201"]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_eight_last_lessons_at_once_complete_once(api, app, make, _round):
    course, student = make.course(lessons=8), make.student()
    make.enrollment(course, student)
    client = api.as_(student)

    answers = at_once(*[completing(client, lesson) for lesson in make.lessons_of(course)])

    completed = [data_of(answer) for answer in answers if data_of(answer)["is_completed"]]
    assert len(completed) == 1
    with app.app_context():
        enrollment = db.session.scalars(select(Enrollment)).one()
        assert (enrollment.status, enrollment.completion_number) == (EnrollmentStatus.COMPLETED, 1)
        assert db.session.scalar(select(func.count()).select_from(Certificate)) == 1
        assert Counter(db.session.scalars(select(Notice.channel))) == dict.fromkeys(Channel, 1)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_the_same_last_lesson_eight_times_completes_once(api, app, make, _round):
    course, student = make.course(lessons=1), make.student()
    make.enrollment(course, student)
    client = api.as_(student)

    answers = at_once(*[completing(client, make.lessons_of(course)[0])] * 8)

    assert len({data_of(answer)["certificate_number"] for answer in answers}) == 1
    assert len({data_of(answer)["completed_at"] for answer in answers}) == 1
    with app.app_context():
        assert db.session.scalars(select(Enrollment.completion_number)).one() == 1
        assert Counter(db.session.scalars(select(Notice.channel))) == dict.fromkeys(Channel, 1)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_no_user_is_left_incomplete_when_the_last_open_lesson_goes(api, app, make, _round):
    course = make.course(lessons=2)
    done, dropped = make.lessons_of(course)
    owner = api.as_(owner_of(make, course))
    students = [make.student() for _ in range(12)]
    for student in students:
        make.enrollment(course, student)
    clients = [api.as_(student) for student in students]

    deleted, *answers = at_once(
        lambda: owner.delete(f"/lessons/{dropped.id}"), *[completing(client, done) for client in clients]
    )

    assert deleted.status_code in {200, 204}
    assert outcomes(answers) == {"200": 12}
    with app.app_context():
        assert Counter(db.session.scalars(select(Enrollment.status))) == {EnrollmentStatus.COMPLETED: 12}
        assert db.session.scalar(select(func.count()).select_from(Certificate)) == 12


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_no_user_is_left_incomplete_who_pays_when_the_last_open_lesson_goes(api, app, make, setting, _round):
    setting(paid_enrollment="require")
    course = make.course(lessons=2, price=10)
    done, dropped = make.lessons_of(course)
    owner, admin = api.as_(owner_of(make, course)), api.as_(make.admin())
    waiting = [make.enrollment(course) for _ in range(12)]
    for enrollment in waiting:
        make.progress(enrollment, done)

    at_once(
        lambda: owner.delete(f"/lessons/{dropped.id}"),
        *[
            lambda path=f"/enrollments/{each.id}/payment": admin.post(path, json={"payment_status": "PAID"})
            for each in waiting
        ],
    )

    with app.app_context():
        assert Counter(db.session.scalars(select(Enrollment.status))) == {EnrollmentStatus.COMPLETED: 12}


def test_settling_twice_at_once_completes_every_learner_once(app, make):
    course = make.course(lessons=1)
    (lesson,) = make.lessons_of(course)
    for _ in range(20):
        make.progress(make.enrollment(course), lesson)

    def settle():
        with app.app_context(), transaction():
            return completion.settle(course.id)

    settled = at_once(*[settle] * 4)

    assert sorted(len(ids) for ids in settled) == [0, 0, 0, 20]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 40


def owner_of(make, course):
    return make._fresh(User, course.instructor_id)
