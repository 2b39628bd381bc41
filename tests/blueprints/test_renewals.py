"""Renewals ask for new work: what was done on an earlier version of a changed lesson no longer counts."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.db.session import transaction
from app.enums import FileKind, LessonType
from app.services.quizzes import closing
from tests.support.http import assert_refused, data_of
from tests.support.quizzes import answered, begin
from tests.support.races import Started, holding


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def course(make):
    return make.course(status="DRAFT")


@pytest.fixture
def publish(admin, course):
    """Publish the course, now that its lessons are there."""
    return lambda: data_of(admin.post(f"/courses/{course.id}/publish", json={"override_reason": "Tested."}))


@pytest.fixture
def learner(make, course):
    person = make.student()
    make.enrollment(course, person)
    return person


@pytest.fixture
def client(api, learner):
    return api.as_(learner)


@pytest.fixture
def enrollment(client):
    def read():
        (found,) = data_of(client.get("/enrollments"))
        return found

    return read


@pytest.fixture
def void(admin, course):
    """Publish the next version, and make what was completed before void."""

    def run(**body):
        version = data_of(admin.post(f"/courses/{course.id}/versions", json={}), 201)
        return data_of(admin.post(f"/versions/{version['id']}/void", json=body))

    return run


@pytest.fixture
def change(admin):
    return lambda lesson, **values: data_of(
        admin.patch(f"/lessons/{lesson.id}", json=values or {"content": "Quite new."})
    )


def take(client, quiz, choice):
    attempt = begin(client, quiz)
    responses = [
        {"question_id": each["id"], "choices": [c["id"] for c in each["choices"] if c["text"] == choice]}
        for each in attempt["questions"]
    ]
    return data_of(client.post(f"/attempts/{attempt['id']}/submit", json={"responses": responses}))


def change_question(admin, quiz):
    (question,) = data_of(admin.get(f"/lessons/{quiz.id}/questions"))
    data_of(admin.patch(f"/questions/{question['id']}", json={"text": "Quite another question"}))


def test_a_changed_quiz_is_taken_again(make, admin, course, publish, client, enrollment, void):
    quiz = make.quiz(course, max_attempts=1)
    publish()
    take(client, quiz, "Right")
    assert enrollment()["status"] == "COMPLETED"
    change_question(admin, quiz)

    assert void()["affected"] == 1

    assert_refused(client.post(f"/lessons/{quiz.id}/complete"), 409, "quiz_not_passed")
    shown = data_of(client.get(f"/lessons/{quiz.id}/quiz"))
    assert (shown["is_passed"], shown["best_score"], shown["attempts_left"]) == (False, None, 1)
    again = take(client, quiz, "Right")
    assert (again["number"], again["attempts_left"]) == (2, 0)
    assert (enrollment()["status"], enrollment()["completion_number"]) == ("COMPLETED", 2)


@pytest.fixture
def sql(_janitor):
    def run(statement, **values):
        with _janitor.begin() as connection:
            return connection.execute(text(statement), values)

    return run


@pytest.fixture
def overtaken(make, admin, course, publish, client, void):
    """A quiz that was passed, and another attempt at it which was in progress when the completion became void."""

    def prepare(**terms):
        quiz = make.quiz(course, **terms)
        publish()
        take(client, quiz, "Right")
        attempt = begin(client, quiz)
        data_of(client.put(f"/attempts/{attempt['id']}", json=answered(attempt)))
        change_question(admin, quiz)
        assert void()["affected"] == 1
        return quiz, attempt

    return prepare


def test_an_attempt_that_was_over_before_fulfils_no_renewal(
    app, make, admin, course, publish, client, enrollment, void, sql
):
    quiz = make.quiz(course, time_limit_seconds=60)
    publish()
    take(client, quiz, "Right")
    attempt = begin(client, quiz)
    data_of(client.put(f"/attempts/{attempt['id']}", json=answered(attempt)))
    sql("UPDATE quiz_attempts SET expires_at = now() - interval '1 hour' WHERE submitted_at IS NULL")
    change_question(admin, quiz)
    void()

    with app.app_context(), transaction():
        closing.close_expired()

    ended = data_of(client.get(f"/attempts/{attempt['id']}"))
    assert (ended["state"], ended["is_timed_out"], ended["is_passed"]) == ("SUBMITTED", True, True)
    assert ended["superseded_at"]
    assert (enrollment()["status"], enrollment()["completion_number"]) == ("ACTIVE", 1)
    assert not data_of(client.get(f"/lessons/{quiz.id}/quiz"))["is_passed"]
    assert len(data_of(client.get("/certificates"))) == 1


def test_an_attempt_that_was_in_progress_is_graded_and_does_not_count(client, enrollment, overtaken):
    quiz, attempt = overtaken(max_attempts=2)

    done = data_of(client.post(f"/attempts/{attempt['id']}/submit", json=answered(attempt)))

    assert (done["state"], done["score"], done["is_passed"]) == ("SUBMITTED", 100, True)
    assert done["superseded_at"]
    assert data_of(client.get(f"/attempts/{attempt['id']}")) == done
    shown = data_of(client.get(f"/lessons/{quiz.id}/quiz"))
    assert (shown["is_passed"], shown["best_score"], shown["attempts_left"]) == (False, None, 2)
    assert enrollment()["status"] == "ACTIVE"
    take(client, quiz, "Right")
    assert (enrollment()["status"], enrollment()["completion_number"]) == ("COMPLETED", 2)


def test_an_attempt_that_does_not_count_is_in_the_way_of_no_other(client, admin, enrollment, overtaken):
    """It has no time limit: nothing else would submit it."""
    quiz, attempt = overtaken()
    assert data_of(client.get(f"/lessons/{quiz.id}/quiz"))["open_attempt_id"] is None
    assert data_of(admin.post(f"/lessons/{quiz.id}/regrade", json={}))["open_attempts"] == 0

    again = take(client, quiz, "Right")

    assert (again["number"], again["superseded_at"]) == (3, None)
    former = data_of(client.get(f"/attempts/{attempt['id']}"))
    assert (former["state"], former["is_timed_out"], former["is_passed"]) == ("SUBMITTED", False, True)
    assert enrollment()["completion_number"] == 2
    listed = data_of(client.get(f"/lessons/{quiz.id}/attempts"))
    assert [bool(each["superseded_at"]) for each in listed] == [False, True, True]


def test_an_unchanged_quiz_stays_passed(make, course, publish, client, enrollment, void, change):
    quiz = make.quiz(course, max_attempts=1)
    other = make.lesson(make.section(course))
    publish()
    take(client, quiz, "Right")
    data_of(client.post(f"/lessons/{other.id}/complete"))
    change(other)

    void()

    assert data_of(client.get(f"/lessons/{quiz.id}/quiz"))["is_passed"]
    data_of(client.post(f"/lessons/{other.id}/complete"))
    assert enrollment()["completion_number"] == 2


def test_a_regrade_does_not_bring_former_attempts_back(
    make, admin, course, publish, client, enrollment, void
):
    quiz = make.quiz(course, max_attempts=1)
    publish()
    take(client, quiz, "Right")
    change_question(admin, quiz)
    void()

    regraded = data_of(admin.post(f"/lessons/{quiz.id}/regrade", json={}))

    assert (regraded["attempts"], regraded["completed"]) == (0, 0)
    assert enrollment()["status"] == "ACTIVE"


def test_a_regrade_leaves_the_lessons_of_who_had_passed(make, admin, course, publish, client, enrollment):
    """A learner may have taken back that they are done with a lesson."""
    quiz = make.quiz(course, max_attempts=1)
    make.lesson(make.section(course))
    publish()
    take(client, quiz, "Right")
    data_of(client.delete(f"/lessons/{quiz.id}/complete"))
    (question,) = data_of(admin.get(f"/lessons/{quiz.id}/questions"))
    data_of(admin.patch(f"/questions/{question['id']}", json={"points": 3}))

    data_of(admin.post(f"/lessons/{quiz.id}/regrade", json={}))

    assert enrollment()["completed_lessons"] == 0


def test_changed_homework_is_handed_in_again(make, admin, course, publish, client, enrollment, void, change):
    lesson = make.lesson(make.section(course), type=LessonType.ASSIGNMENT)
    publish()
    former = data_of(client.post(f"/lessons/{lesson.id}/submissions", json={"text": "Mine."}), 201)
    data_of(admin.post(f"/submissions/{former['id']}/grade", json={"points": 9, "max_points": 10}))
    change(lesson)

    void()

    assert_refused(client.post(f"/lessons/{lesson.id}/complete"), 409, "submission_required")
    kept = data_of(client.get(f"/submissions/{former['id']}"))
    assert (kept["state"], kept["points"], kept["max_points"]) == ("REPLACED", 9, 10)
    correction = {"points": 1, "max_points": 10, "regrade": True}
    assert_refused(
        admin.post(f"/submissions/{former['id']}/grade", json=correction), 409, "submission_replaced"
    )
    data_of(client.post(f"/lessons/{lesson.id}/submissions", json={"text": "New."}), 201)
    assert enrollment()["completion_number"] == 2


def test_a_changed_video_is_watched_again(make, course, publish, client, enrollment, void, change):
    lesson = make.lesson(make.section(course), type=LessonType.VIDEO)
    film = {"kind": FileKind.LESSON_VIDEO, "media_type": "video/mp4", "duration_seconds": 10}
    make.file(lesson, uploaded_by=make.instructor(), **film)
    publish()
    data_of(client.put(f"/lessons/{lesson.id}/progress", json={"watched": [[0, 10]]}))
    assert enrollment()["status"] == "COMPLETED"
    change(lesson, content="About another film.")

    void()

    data_of(client.put(f"/lessons/{lesson.id}/progress", json={"watched": []}))
    assert enrollment()["status"] == "ACTIVE"
    (row,) = data_of(client.get(f"/courses/{course.id}/progress"))
    assert row["watched_seconds"] == 0


@pytest.fixture
def completed(make, course, publish, client):
    """The one lesson of the course, which its learner has completed."""
    lesson = make.lesson(make.section(course))
    publish()
    data_of(client.post(f"/lessons/{lesson.id}/complete"))
    return lesson


def test_completions_of_deleted_people_stay(admin, course, learner, completed, void, change):
    assert admin.delete(f"/users/{learner.id}").status_code == 204
    change(completed)

    assert void(due_in_days=3)["affected"] == 0

    (row,) = data_of(admin.get(f"/courses/{course.id}/enrollments"))
    assert (row["status"], row["due_at"]) == ("COMPLETED", None)


def test_who_has_left_renews_the_completion_on_coming_back(
    api, make, admin, course, learner, client, completed, enrollment, void, change
):
    data_of(admin.delete(f"/enrollments/{enrollment()['id']}"))
    change(completed)
    seats = data_of(api.get(f"/courses/{course.id}"))["enrollment_count"]

    assert void(due_in_days=3)["affected"] == 1

    assert (enrollment()["status"], enrollment()["due_at"]) == ("CANCELLED", None)
    assert data_of(api.get(f"/courses/{course.id}"))["enrollment_count"] == seats
    assert [each["kind"] for each in data_of(client.get("/notifications"))].count("RENEWAL_REQUIRED") == 0
    data_of(admin.post(f"/courses/{course.id}/assign", json={"user_id": str(learner.id)}), 201)
    assert (enrollment()["status"], enrollment()["completed_lessons"]) == ("ACTIVE", 0)
    data_of(client.post(f"/lessons/{completed.id}/complete"))
    assert enrollment()["completion_number"] == 2


def test_each_certificate_keeps_its_grade(
    admin, course, client, completed, enrollment, void, change, grades_on_sheets
):
    path = f"/enrollments/{enrollment()['id']}/grade"
    data_of(admin.post(path, json={"grade": "A"}))
    change(completed)
    void()
    assert enrollment()["grade"] is None

    data_of(client.post(f"/lessons/{completed.id}/complete"))

    assert grades_on_sheets() == ["A", None]
    data_of(admin.post(path, json={"grade": "F"}))
    assert grades_on_sheets() == ["A", "F"]


@pytest.fixture
def grades_on_sheets(_janitor):
    def read():
        with _janitor.connect() as connection:
            return connection.scalars(text("SELECT grade FROM certificates ORDER BY completion_number")).all()

    return read


def test_a_version_that_is_not_the_newest_asks_for_all_that_has_changed_since(
    make, admin, course, publish, client, enrollment, change
):
    """The next certificate names the newest version."""
    first, second, third = (make.lesson(make.section(course)) for _ in range(3))
    publish()
    for lesson in (first, second, third):
        data_of(client.post(f"/lessons/{lesson.id}/complete"))
    change(first)
    version = data_of(admin.post(f"/courses/{course.id}/versions", json={}), 201)
    change(second)
    data_of(admin.post(f"/courses/{course.id}/versions", json={}), 201)
    path = f"/versions/{version['id']}/void"
    plan = data_of(admin.post(path, json={"mode": "preview"}))

    done = data_of(admin.post(path, json={"plan_etag": plan["plan_etag"]}))

    assert (plan["affected"], done["affected"], done["remaining"]) == (1, 1, 0)
    assert enrollment()["completed_lessons"] == 1
    data_of(client.post(f"/lessons/{first.id}/complete"))
    assert enrollment()["status"] == "ACTIVE"
    data_of(client.post(f"/lessons/{second.id}/complete"))
    assert (enrollment()["status"], enrollment()["course_version"]) == ("COMPLETED", 3)


def test_a_run_may_be_repeated_with_the_tag_that_it_answers(admin, course, completed, change):
    change(completed)
    version = data_of(admin.post(f"/courses/{course.id}/versions", json={}), 201)
    path = f"/versions/{version['id']}/void"
    done = data_of(admin.post(path, json={}))

    again = data_of(admin.post(path, json={"plan_etag": done["plan_etag"]}))

    assert (done["affected"], again["affected"], again["remaining"]) == (1, 0, 0)


def test_a_run_does_not_wait_for_a_payment_that_waits_for_it(
    admin, course, completed, enrollment, change, config
):
    """A completion that is locked counts as remaining: its holder may be waiting for the lock of all completions."""
    change(completed)
    version = data_of(admin.post(f"/courses/{course.id}/versions", json={}), 201)
    path, payment = f"/versions/{version['id']}/void", f"/enrollments/{enrollment()['id']}/payment"

    with holding(config, "SELECT id FROM enrollments FOR UPDATE") as wait_for:
        paying = Started(lambda: admin.post(payment, json={"payment_status": "PAID"}))
        wait_for(1)
        done = data_of(admin.post(path, json={}))

    assert (done["affected"], done["remaining"]) == (0, 1)
    data_of(paying.finish())
    assert data_of(admin.post(path, json={}))["affected"] == 1
