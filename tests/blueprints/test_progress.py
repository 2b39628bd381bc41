"""Lessons done, undone and watched; completion and why."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select

from app.db.session import db, transaction
from app.enums import Channel, CourseStatus, EnrollmentStatus
from app.models import Certificate, Lesson, Notice, Section
from tests.support.http import assert_refused, data_of

CANCELLED = {"status": EnrollmentStatus.CANCELLED, "cancelled_at": datetime(2026, 1, 1, tzinfo=UTC)}
GONE = {"deleted_at": datetime(2026, 1, 1, tzinfo=UTC)}


@pytest.fixture
def learning(api, make):
    """A learner in a course of so many lessons: the client, the enrollment, the lessons."""

    def start(lessons=2, state=None, **course):
        course = make.course(lessons=lessons, **course)
        student = make.student()
        enrollment = make.enrollment(course, student, **(state or {}))
        return api.as_(student), enrollment, make.lessons_of(course)

    return start


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


def test_completing_a_lesson_raises_the_percentage(learning):
    client, enrollment, (first, second) = learning()

    shown = data_of(client.post(f"/lessons/{first.id}/complete"))

    assert shown["id"] == str(enrollment.id)
    assert (shown["status"], shown["completion_percentage"]) == ("ACTIVE", 50.0)
    assert shown["resume_lesson_id"] == str(second.id)
    assert shown["last_accessed"]


def test_the_last_lesson_completes_the_course_with_certificate_and_notices(learning, app):
    client, enrollment, (first, second) = learning()
    data_of(client.post(f"/lessons/{first.id}/complete"))

    shown = data_of(client.post(f"/lessons/{second.id}/complete"))

    assert (shown["status"], shown["completion_percentage"], shown["is_completed"]) == (
        "COMPLETED",
        100.0,
        True,
    )
    assert shown["resume_lesson_id"] is None
    with app.app_context():
        certificate = db.session.scalars(select(Certificate)).one()
        channels = db.session.scalars(select(Notice.channel)).all()
    assert certificate.number == shown["certificate_number"]
    assert certificate.enrollment_id == enrollment.id
    assert sorted(channels) == sorted(Channel)


def test_completing_twice_changes_nothing(learning):
    client, enrollment, (lesson,) = learning(lessons=1)
    first = data_of(client.post(f"/lessons/{lesson.id}/complete"))

    again = data_of(client.post(f"/lessons/{lesson.id}/complete"))

    assert again["completed_at"] == first["completed_at"]
    (row,) = data_of(client.get(f"/enrollments/{enrollment.id}/progress"))
    assert row["completed_at"] == first["completed_at"]


def test_undoing_lowers_the_percentage(learning):
    client, _enrollment, (first, _second) = learning()
    data_of(client.post(f"/lessons/{first.id}/complete"))

    shown = data_of(client.delete(f"/lessons/{first.id}/complete"))

    assert shown["completion_percentage"] == 0.0
    assert shown["resume_lesson_id"] == str(first.id)


def test_undoing_what_was_never_done_is_no_error(learning):
    client, _enrollment, (lesson, _other) = learning()

    assert data_of(client.delete(f"/lessons/{lesson.id}/complete"))["completed_lessons"] == 0


def test_undoing_after_completion_keeps_it(learning):
    client, _enrollment, (lesson,) = learning(lessons=1)
    completed = data_of(client.post(f"/lessons/{lesson.id}/complete"))

    shown = data_of(client.delete(f"/lessons/{lesson.id}/complete"))

    assert shown["completion_percentage"] == 0.0
    for kept in ("status", "completed_at", "certificate_number"):
        assert shown[kept] == completed[kept]


def test_doing_it_again_after_completion_notifies_no_user_twice(learning, app):
    client, _enrollment, (lesson,) = learning(lessons=1)
    for _ in range(2):
        data_of(client.post(f"/lessons/{lesson.id}/complete"))
        data_of(client.delete(f"/lessons/{lesson.id}/complete"))

    with app.app_context():
        assert len(db.session.scalars(select(Notice)).all()) == len(Channel)


def test_watching_moves_the_place_to_resume(learning):
    client, enrollment, (_first, second) = learning()

    shown = data_of(client.put(f"/lessons/{second.id}/progress", json={"position_seconds": 95}))

    assert shown["resume_lesson_id"] == str(second.id)
    rows = data_of(client.get(f"/enrollments/{enrollment.id}/progress"))
    assert [row["position_seconds"] for row in rows] == [0, 95]


def test_watching_on_keeps_a_lesson_done(learning):
    client, _enrollment, (first, _second) = learning()
    data_of(client.post(f"/lessons/{first.id}/complete"))

    shown = data_of(client.put(f"/lessons/{first.id}/progress", json={"position_seconds": 3}))

    assert shown["completed_lessons"] == 1


def test_progress_also_says_done_and_not_done(learning):
    client, _enrollment, (first, _second) = learning()

    def say(completed):
        return data_of(client.put(f"/lessons/{first.id}/progress", json={"completed": completed}))

    assert say(completed=True)["completed_lessons"] == 1
    assert say(completed=False)["completed_lessons"] == 0


@pytest.mark.parametrize("body", [{}, {"position_seconds": -1}, {"completed": "yes"}, {"seconds": 4}])
def test_progress_that_says_nothing_is_refused(learning, body):
    client, _enrollment, (first, _second) = learning()

    assert_refused(client.put(f"/lessons/{first.id}/progress", json=body), 422, "invalid_request")


def test_resuming_wraps_around_to_what_was_skipped(learning):
    client, _enrollment, (first, _second, third) = learning(lessons=3)

    shown = data_of(client.post(f"/lessons/{third.id}/complete"))

    assert shown["resume_lesson_id"] == str(first.id)


def test_a_deleted_lesson_is_no_place_to_resume(learning, api, make):
    client, enrollment, (first, second) = learning()
    data_of(client.post(f"/lessons/{first.id}/complete"))
    with make.app.app_context(), transaction():
        gone = db.session.get_one(Lesson, second.id)
        gone.position, gone.deleted_at = None, func.now()

    assert data_of(client.get(f"/enrollments/{enrollment.id}"))["resume_lesson_id"] is None


def test_lessons_in_order_name_the_first_missing_one(learning):
    client, _enrollment, (first, _second, third) = learning(lessons=3, enforce_order=True)

    details = assert_refused(client.post(f"/lessons/{third.id}/complete"), 409, "lesson_locked")

    assert details == {"lesson_id": [str(first.id)], "title": [first.title]}
    data_of(client.post(f"/lessons/{first.id}/complete"))


def test_what_is_done_may_be_said_again_out_of_order(learning, make):
    client, enrollment, (_first, second) = learning(enforce_order=True)
    make.progress(enrollment, second)

    data_of(client.post(f"/lessons/{second.id}/complete"))


def test_optional_lessons_lock_nothing(api, make):
    course, student = make.course(enforce_order=True), make.student()
    section = make.section(course)
    make.lesson(section, is_required=False)
    required = make.lesson(section)
    make.enrollment(course, student)

    assert data_of(api.as_(student).post(f"/lessons/{required.id}/complete"))["status"] == "COMPLETED"


@pytest.mark.parametrize("state", [None, CANCELLED])
def test_only_the_enrolled_record_progress(api, make, state):
    course, student = make.course(lessons=1), make.student()
    (lesson,) = make.lessons_of(course)
    if state:
        make.enrollment(course, student, **state)
    client = api.as_(student)

    for answer in (
        client.post(f"/lessons/{lesson.id}/complete"),
        client.delete(f"/lessons/{lesson.id}/complete"),
        client.put(f"/lessons/{lesson.id}/progress", json={"position_seconds": 1}),
        client.get(f"/courses/{course.id}/progress"),
    ):
        assert_refused(answer, 403, "not_enrolled")


def test_a_lesson_of_a_course_one_may_not_see_is_not_found(api, make):
    (lesson,) = make.lessons_of(make.course(lessons=1, status=CourseStatus.DRAFT))

    assert_refused(api.as_(make.student()).post(f"/lessons/{lesson.id}/complete"), 404, "not_found")


@pytest.mark.parametrize("status", list(CourseStatus))
def test_learning_goes_on_in_every_state(learning, status):
    client, _enrollment, (lesson,) = learning(lessons=1, status=status)

    assert data_of(client.post(f"/lessons/{lesson.id}/complete"))["status"] == "COMPLETED"


def test_in_a_deleted_course_nothing_is_recorded(learning):
    client, enrollment, (lesson,) = learning(lessons=1, **GONE)

    assert_refused(client.post(f"/lessons/{lesson.id}/complete"), 404, "not_found")
    data_of(client.get(f"/enrollments/{enrollment.id}"))


def test_an_unpaid_course_is_learned_only_where_payment_may_wait(learning, setting):
    client, _enrollment, (lesson,) = learning(lessons=1, price=10)

    setting(paid_enrollment="require")
    assert_refused(client.post(f"/lessons/{lesson.id}/complete"), 402, "payment_required")
    setting(paid_enrollment="allow")
    assert data_of(client.post(f"/lessons/{lesson.id}/complete"))["status"] == "COMPLETED"


def test_an_instructor_learns_in_another_course(api, make):
    course, learner = make.course(lessons=1), make.instructor()
    make.enrollment(course, learner)
    (lesson,) = make.lessons_of(course)

    assert data_of(api.as_(learner).post(f"/lessons/{lesson.id}/complete"))["status"] == "COMPLETED"


def test_optional_lessons_do_not_delay_completion(api, make):
    course, student = make.course(), make.student()
    section = make.section(course)
    required, _optional = make.lesson(section), make.lesson(section, is_required=False)
    make.enrollment(course, student)

    shown = data_of(api.as_(student).post(f"/lessons/{required.id}/complete"))

    assert (shown["status"], shown["optional_total"], shown["optional_completed"]) == ("COMPLETED", 1, 0)


def test_without_required_lessons_all_have_to_be_done(api, make):
    course, student = make.course(), make.student()
    section = make.section(course)
    first, second = (make.lesson(section, is_required=False) for _ in range(2))
    make.enrollment(course, student)
    client = api.as_(student)

    assert data_of(client.post(f"/lessons/{first.id}/complete"))["status"] == "ACTIVE"
    assert data_of(client.post(f"/lessons/{second.id}/complete"))["status"] == "COMPLETED"


def test_a_lesson_added_later_lowers_the_percentage_and_revokes_nothing(learning, make):
    client, enrollment, (lesson,) = learning(lessons=1)
    data_of(client.post(f"/lessons/{lesson.id}/complete"))
    with make.app.app_context():
        section = db.session.get_one(Section, lesson.section_id)
    make.lesson(section)

    shown = data_of(client.get(f"/enrollments/{enrollment.id}"))

    assert (shown["status"], shown["completion_percentage"]) == ("COMPLETED", 50.0)


def test_progress_rows_stand_in_the_order_of_the_course(api, make):
    course, student = make.course(), make.student()
    parts = [make.section(course) for _ in range(2)]
    late, early = make.lesson(parts[1]), make.lesson(parts[0])
    enrollment = make.enrollment(course, student)
    make.progress(enrollment, late)
    client = api.as_(student)

    for path in (f"/enrollments/{enrollment.id}/progress", f"/courses/{course.id}/progress"):
        rows = data_of(client.get(path))
        assert [(row["lesson_id"], row["position"], row["is_completed"]) for row in rows] == [
            (str(early.id), 1, False),
            (str(late.id), 2, True),
        ]
    behind = client.get(f"/enrollments/{enrollment.id}/progress?page=2&page_size=1").get_json()
    assert [row["lesson_id"] for row in behind["data"]] == [str(late.id)]
    assert behind["count"] == 2


def test_completion_is_explained(learning):
    client, enrollment, (first, second) = learning()
    data_of(client.post(f"/lessons/{first.id}/complete"))

    told = data_of(client.get(f"/enrollments/{enrollment.id}/completion"))

    assert told["is_completed"] is False
    assert told["formula"] == "1 of 2 required lessons completed: 1 / 2 × 100 = 50.00 %."
    assert [(row["lesson_id"], row["is_completed"]) for row in told["requirements"]] == [
        (str(first.id), True),
        (str(second.id), False),
    ]
    assert told["next_step"] == f"Complete “{second.title}”, lesson 2 of the course."
    assert told["next_step_code"] == "complete_lesson"


def test_the_next_step_fits_the_state(learning, setting):
    def next_step(client, enrollment):
        told = data_of(client.get(f"/enrollments/{enrollment.id}/completion"))
        return told["next_step_code"], told["next_step"].split()[0]

    client, enrollment, (lesson,) = learning(lessons=1)
    data_of(client.post(f"/lessons/{lesson.id}/complete"))
    assert next_step(client, enrollment) == ("completed", "Nothing:")
    assert next_step(*learning(state=CANCELLED)[:2]) == ("come_back", "Come")
    assert next_step(*learning(lessons=0)[:2]) == ("wait_for_lessons", "Wait")
    setting(paid_enrollment="require")
    assert next_step(*learning(price=10)[:2]) == ("pay", "Pay")


@pytest.mark.parametrize(
    ("state", "course", "code", "expected"),
    [
        ({}, GONE, "course_deleted", "Nothing: the course is no longer there."),
        (CANCELLED, GONE, "course_deleted", "Nothing: the course is no longer there."),
        (
            CANCELLED,
            {"status": CourseStatus.ARCHIVED},
            "wait_until_open",
            "Wait until the course is open again",
        ),
        ({}, {"status": CourseStatus.ARCHIVED}, "complete_lesson", "Complete “"),
    ],
)
def test_no_user_is_sent_where_they_cannot_go(learning, api, make, state, course, code, expected):
    _client, enrollment, _lessons = learning(state=state, lessons=1, **course)

    told = data_of(api.as_(make.admin()).get(f"/enrollments/{enrollment.id}/completion"))

    assert told["next_step"].startswith(expected)
    assert told["next_step_code"] == code


def test_a_learner_sees_that_the_course_is_gone(learning):
    client, enrollment, _lessons = learning(lessons=1, **GONE)

    told = data_of(client.get(f"/enrollments/{enrollment.id}/completion"))

    assert told["next_step"].startswith("Nothing: the course is no longer there.")


def test_completing_a_lesson_takes_a_constant_number_of_statements(learning, statements):
    client, _enrollment, lessons = learning(lessons=10)

    with statements() as seen:
        data_of(client.post(f"/lessons/{lessons[0].id}/complete"))

    assert len(seen) == 3  # the caller, the lock, the progress


def test_only_the_last_lesson_takes_a_transaction_of_several_messages(learning, app):
    client, _enrollment, lessons = learning(lessons=2)
    begun = []
    note = begun.append
    with app.app_context():
        engine = db.engine
    event.listen(engine, "begin", note)

    try:
        data_of(client.post(f"/lessons/{lessons[0].id}/complete"))
        assert begun == []
        data_of(client.post(f"/lessons/{lessons[1].id}/complete"))
        assert len(begun) == 1
    finally:
        event.remove(engine, "begin", note)


def test_learners_who_left_see_lessons_while_they_see_the_course(api, make):
    course, student = make.course(lessons=1), make.student()
    enrollment = make.enrollment(course, student)
    own, admin = api.as_(student), api.as_(make.admin())
    assert own.delete(f"/enrollments/{enrollment.id}").status_code < 300
    paths = [f"/enrollments/{enrollment.id}/progress", f"/enrollments/{enrollment.id}/completion"]
    published = [own.get(path).status_code for path in paths]

    data_of(admin.post(f"/courses/{course.id}/unpublish"))

    assert published == [200, 200]
    assert [own.get(path).status_code for path in paths] == [404, 404]
    assert [admin.get(path).status_code for path in paths] == [200, 200]
    assert own.get(f"/enrollments/{enrollment.id}").status_code == 200


@pytest.mark.parametrize(
    ("body", "state"), [({}, "QUEUED"), ({"notify": True}, "QUEUED"), ({"notify": False}, "SUPPRESSED")]
)
def test_recalculating_completes_those_who_are_done(body, state, admin, make):
    course = make.course(lessons=2)
    done, half = make.enrollment(course), make.enrollment(course)
    lessons = make.lessons_of(course)
    make.progress(done, *lessons)
    make.progress(half, lessons[0])

    first = data_of(admin.post(f"/courses/{course.id}/recalculate", json=body))
    second = data_of(admin.post(f"/courses/{course.id}/recalculate", json=body))

    assert first == {"course_id": str(course.id), "completed": 1}
    assert second["completed"] == 0
    [row] = data_of(admin.get("/notices?channel=EMAIL"))
    assert (row["user_id"], row["state"]) == (str(done.user_id), state)
    assert row["reason"] == ("recalculated" if state == "SUPPRESSED" else None)


def test_recalculating_what_is_not_there_is_refused(admin):
    assert_refused(admin.post(f"/courses/{uuid4()}/recalculate", json={}), 404, "not_found")


@pytest.mark.parametrize("role", ["student", "instructor"])
def test_recalculating_is_for_admins(role, api, make):
    person, course = api.as_(getattr(make, role)()), make.course()

    assert_refused(person.post(f"/courses/{course.id}/recalculate", json={}), 403, "forbidden")
