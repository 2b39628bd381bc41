"""Homework: handed in, replaced, graded, and what it completes."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.db.session import db, transaction
from app.enums import EnrollmentStatus, LessonType, PaymentStatus
from app.models import Certificate, Enrollment, Lesson, LessonProgress, Notice
from tests.support.http import assert_refused, data_of

CANCELLED = {"status": EnrollmentStatus.CANCELLED, "cancelled_at": datetime(2026, 1, 1, tzinfo=UTC)}
GRADE = {"points": 8.5, "max_points": 10, "feedback": "Right order."}


class Homework:
    """A course of one ASSIGNMENT lesson, with a learner and the instructor."""

    def __init__(self, api, make, *, state=None, before=(), **course):
        self.owner = make.instructor()
        self.course = make.course(instructor=self.owner, **course)
        section = make.section(self.course)
        self.others = [make.lesson(section, type=kind) for kind in before]
        self.lesson = make.lesson(section, type=LessonType.ASSIGNMENT)
        self.student = make.student()
        self.enrollment = make.enrollment(self.course, self.student, **(state or {}))
        self.learner, self.grader = api.as_(self.student), api.as_(self.owner)
        self.path = f"/lessons/{self.lesson.id}/submissions"

    def submit(self, text="I would call for help."):
        return self.learner.post(self.path, json={"text": text})

    def grade(self, submission, **changes):
        return self.grader.post(f"/submissions/{submission['id']}/grade", json={**GRADE, **changes})

    def queue(self, query=""):
        return self.grader.get(f"/courses/{self.course.id}/submissions{query}").get_json()

    def complete(self):
        return self.learner.post(f"/lessons/{self.lesson.id}/complete")

    def status(self):
        return data_of(self.learner.get(f"/enrollments/{self.enrollment.id}"))["status"]

    def explained(self):
        return data_of(self.learner.get(f"/enrollments/{self.enrollment.id}/completion"))


@pytest.fixture
def homework(api, make):
    return lambda **values: Homework(api, make, **values)


def test_submitting_completes_the_lesson_and_the_course(homework, app):
    task = homework()

    submission = data_of(task.submit("First the others."), 201)

    assert submission["state"] == "SUBMITTED"
    assert submission["text"] == "First the others."
    assert submission["lesson"] == {"id": str(task.lesson.id), "title": task.lesson.title}
    assert submission["user"]["id"] == str(task.student.id)
    assert (submission["points"], submission["graded_at"], submission["feedback"]) == (None, None, "")
    assert task.status() == "COMPLETED"
    with app.app_context():
        assert db.session.scalar(
            select(Certificate.id).where(Certificate.enrollment_id == task.enrollment.id)
        )


def test_the_text_is_kept_as_it_was_written(homework):
    text = "Line one.\n\n<script>alert(1)</script>\n\tTabs, and  spaces.\n"

    assert data_of(homework().submit(text), 201)["text"].startswith("Line one.\n\n<script>alert(1)</script>")


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": " \n "}, {"text": "x" * 20_001}, {"text": 1}])
def test_a_submission_needs_a_text(homework, body):
    task = homework()

    assert_refused(task.learner.post(task.path, json=body), 422, "invalid_request")
    assert task.queue()["count"] == 0


def test_until_it_is_graded_a_submission_replaces_the_one_before(homework):
    task = homework()
    first, second = data_of(task.submit("One."), 201), data_of(task.submit("Two."), 201)

    own = data_of(task.learner.get(task.path))

    assert [(each["id"], each["state"]) for each in own] == [
        (second["id"], "SUBMITTED"),
        (first["id"], "REPLACED"),
    ]
    assert [each["id"] for each in task.queue()["data"]] == [second["id"]]
    assert [each["id"] for each in task.queue("?state=REPLACED")["data"]] == [first["id"]]
    assert_refused(task.grade(first), 409, "submission_replaced")


def test_a_graded_submission_is_not_replaced(homework):
    task = homework()
    submission = data_of(task.submit(), 201)
    data_of(task.grade(submission))

    assert_refused(task.submit("Better."), 409, "already_graded")
    assert [each["state"] for each in data_of(task.learner.get(task.path))] == ["GRADED"]


def test_the_learner_sees_the_grade_and_is_notified_once_on_each_channel(homework, app):
    task = homework()
    submission = data_of(task.submit(), 201)

    graded = data_of(task.grade(submission))

    assert (graded["state"], graded["points"], graded["max_points"]) == ("GRADED", 8.5, 10)
    assert (graded["feedback"], graded["graded_by_id"]) == ("Right order.", str(task.owner.id))
    assert data_of(task.learner.get(f"/submissions/{submission['id']}")) == graded
    newest = data_of(task.learner.get("/notifications"))[0]
    assert newest["kind"] == "SUBMISSION_GRADED"
    assert newest["title"] == f"Your homework for {task.lesson.title} was graded"
    assert "8.5 of 10 points" in newest["body"]
    assert "Right order." in newest["body"]
    with app.app_context():
        written = db.session.scalars(select(Notice).where(Notice.kind == "SUBMISSION_GRADED")).all()
        assert sorted((each.channel, each.state) for each in written) == [
            ("EMAIL", "QUEUED"),
            ("IN_APP", "SENT"),
        ]
        assert {each.user_id for each in written} == {task.student.id}


def test_a_grade_is_corrected_on_purpose_only_and_notified_again(homework):
    task = homework()
    submission = data_of(task.submit(), 201)
    data_of(task.grade(submission))

    assert_refused(task.grade(submission, points=1), 409, "already_graded")
    corrected = data_of(task.grade(submission, points=9, regrade=True))

    assert corrected["points"] == 9
    bodies = [each["body"] for each in data_of(task.learner.get("/notifications"))]
    graded = [body for body in bodies if "corrected" in body or "points" in body]
    assert "9 of 10 points" in graded[0]
    assert "was corrected later" in graded[1]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"points": 11}, "points"),
        ({"points": -1}, "points"),
        ({"points": "8"}, "points"),
        ({"points": 1.005}, "points"),
        ({"points": None}, "points"),
        ({"max_points": 0}, "max_points"),
        ({"max_points": 10_000}, "max_points"),
        ({"feedback": "x" * 5001}, "feedback"),
        ({"grade": "A"}, "grade"),
    ],
)
def test_a_bad_grade_is_refused(homework, changes, field):
    task = homework()
    submission = data_of(task.submit(), 201)

    refused = task.grade(submission, **changes)

    assert_refused(refused, 422, "invalid_request")
    assert field in refused.get_json()["error"]["details"]


def test_points_count_out_of_a_hundred_by_default(homework):
    task = homework()
    submission = data_of(task.submit(), 201)

    graded = task.grader.post(f"/submissions/{submission['id']}/grade", json={"points": 70.5})

    assert (data_of(graded)["points"], data_of(graded)["max_points"]) == (70.5, 100)


def test_homework_is_not_marked_as_done_without_a_submission(homework):
    task = homework()

    assert_refused(task.complete(), 409, "submission_required")
    by_progress = task.learner.put(f"/lessons/{task.lesson.id}/progress", json={"completed": True})
    assert_refused(by_progress, 409, "submission_required")
    assert task.status() == "ACTIVE"


def test_other_lessons_are_marked_as_done_as_before(homework):
    task = homework(before=[LessonType.TEXT])

    assert data_of(task.learner.post(f"/lessons/{task.others[0].id}/complete"))["completed_lessons"] == 1


def test_undoing_keeps_the_submission_with_which_it_is_done_again(homework):
    task = homework(before=[LessonType.TEXT])
    data_of(task.submit(), 201)

    undone = data_of(task.learner.delete(f"/lessons/{task.lesson.id}/complete"))
    kept = data_of(task.learner.get(task.path))
    again = data_of(task.complete())

    assert (undone["completed_lessons"], again["completed_lessons"]) == (0, 1)
    assert [each["state"] for each in kept] == ["SUBMITTED"]


def test_a_lesson_that_was_done_before_it_was_homework_stays_done(homework, make):
    task = homework(before=[LessonType.TEXT])
    make.progress(task.enrollment, task.lesson)

    assert data_of(task.complete())["completed_lessons"] == 1


def test_by_setting_the_grade_completes(homework, setting, app):
    setting(homework_completes="graded")
    task = homework()
    submission = data_of(task.submit(), 201)

    assert task.status() == "ACTIVE"
    assert_refused(task.complete(), 409, "grade_required")

    data_of(task.grade(submission))

    assert task.status() == "COMPLETED"
    with app.app_context():
        kinds = db.session.scalars(select(Notice.kind).where(Notice.user_id == task.student.id)).all()
        assert sorted(kinds) == ["COMPLETION"] * 2 + ["SUBMISSION_GRADED"] * 2


def test_mails_link_to_the_page_of_what_they_are_about(homework, setting, mailbox):
    setting(homework_completes="graded")
    task = homework()
    data_of(task.grade(data_of(task.submit(), 201)))
    [certificate] = data_of(task.learner.get("/certificates"))

    texts = [mail.get_body(("plain",)).get_content() for mail in mailbox(task.student.email)]
    [graded], [completed] = [[each for each in texts if word in each] for word in ("points for", "Well done")]

    slug, number = task.course.slug, certificate["number"]
    assert certificate["page_url"] in completed
    assert f"Your certificate: {number}." in completed
    assert f"/courses/{slug}/learn/{task.lesson.id}" in graded


def test_the_completion_says_what_homework_is_waiting_for(homework, setting):
    setting(homework_completes="graded")
    task = homework()
    title = task.lesson.title

    before = task.explained()
    submission = data_of(task.submit(), 201)
    submitted = task.explained()
    data_of(task.grade(submission))

    assert before["next_step"] == f"Submit your homework for “{title}”, lesson 1 of the course."
    assert before["requirements"][0]["submission_state"] is None
    assert before["requirements"][0]["type"] == "ASSIGNMENT"
    assert submitted["next_step"].startswith("Wait for the grade")
    assert submitted["requirements"][0]["submission_state"] == "SUBMITTED"
    assert task.explained()["is_completed"]


def test_only_homework_takes_submissions(homework):
    task = homework(before=[LessonType.TEXT])

    refused = task.learner.post(f"/lessons/{task.others[0].id}/submissions", json={"text": "Hello."})

    assert_refused(refused, 409, "not_homework")


def test_homework_that_is_locked_is_not_taken(homework, setting):
    setting(homework_completes="graded")
    task = homework(before=[LessonType.TEXT], enforce_order=True)

    assert_refused(task.submit(), 409, "lesson_locked")
    data_of(task.learner.post(f"/lessons/{task.others[0].id}/complete"))
    data_of(task.submit(), 201)


def test_unpaid_homework_is_not_taken(homework, setting):
    setting(paid_enrollment="require")
    task = homework(price=10, state={"payment_status": PaymentStatus.UNPAID})

    assert_refused(task.submit(), 402, "payment_required")


@pytest.mark.parametrize("state", [CANCELLED, None])
def test_only_the_enrolled_submit(homework, api, make, state):
    task = homework(state=state) if state else homework()
    client = task.learner if state else api.as_(make.student())

    assert_refused(client.post(task.path, json={"text": "Hello."}), 403, "not_enrolled")
    assert_refused(client.get(task.path), 403, "not_enrolled")


def test_a_learner_who_has_completed_the_course_may_still_submit(homework):
    task = homework(
        state={
            "status": EnrollmentStatus.COMPLETED,
            "completed_at": datetime(2026, 1, 1, tzinfo=UTC),
            "completion_number": 1,
        }
    )

    data_of(task.submit(), 201)

    assert task.status() == "COMPLETED"


def test_a_submission_is_hidden_from_other_learners_and_instructors(homework, api, make):
    task = homework()
    submission = data_of(task.submit(), 201)
    path = f"/submissions/{submission['id']}"

    for stranger in (make.student(), make.instructor()):
        assert_refused(api.as_(stranger).get(path), 404, "not_found")
    assert_refused(api.as_(make.instructor()).post(f"{path}/grade", json=GRADE), 404, "not_found")
    assert_refused(task.learner.post(f"{path}/grade", json=GRADE), 403, "forbidden")
    assert_refused(api.as_(make.instructor()).get(f"/courses/{task.course.id}/submissions"), 403, "forbidden")
    assert data_of(api.as_(make.admin()).get(path)) == submission


def test_grading_a_learner_who_has_left_completes_nothing(homework, api, make):
    task = homework(before=[LessonType.TEXT])
    submission = data_of(task.submit(), 201)
    data_of(task.learner.delete(f"/enrollments/{task.enrollment.id}"))

    data_of(task.grade(submission))

    assert data_of(task.grader.get(f"/enrollments/{task.enrollment.id}"))["status"] == "CANCELLED"


def test_the_queue_is_filtered_searched_and_paged(homework, api, make):
    task = homework()
    ada = make.student(first_name="Ada", last_name="Lovelace")
    make.enrollment(task.course, ada)
    of_ada = data_of(api.as_(ada).post(task.path, json={"text": "Ada's."}), 201)
    of_student = data_of(task.submit(), 201)
    data_of(task.grade(of_student))

    def found(query):
        return [each["id"] for each in task.queue(query)["data"]]

    assert found("") == [of_ada["id"], of_student["id"]]
    assert found("?ordering=-submitted_at") == [of_student["id"], of_ada["id"]]
    assert found("?state=SUBMITTED") == [of_ada["id"]]
    assert found("?state=graded,replaced") == [of_student["id"]]
    assert found("?search=lovelace") == [of_ada["id"]]
    assert found(f"?search={ada.username}") == [of_ada["id"]]
    assert found(f"?lesson_id={task.lesson.id}&page_size=1") == [of_ada["id"]]
    assert found(f"?lesson_id={uuid4()}") == []
    assert "text" not in task.queue()["data"][0]
    assert task.grader.get(f"/courses/{task.course.id}/submissions?state=LOST").status_code == 422
    assert task.grader.get(f"/courses/{task.course.id}/submissions?unknown=1").status_code == 422


def test_submissions_for_a_deleted_lesson_leave_the_queue(homework, app):
    task = homework()
    submission = data_of(task.submit(), 201)
    with app.app_context(), transaction():
        lesson = db.session.get_one(Lesson, task.lesson.id)
        lesson.deleted_at, lesson.position = datetime(2026, 1, 1, tzinfo=UTC), None

    assert task.queue()["data"] == []
    assert task.submit().status_code == 404
    assert data_of(task.learner.get(f"/submissions/{submission['id']}"))["state"] == "SUBMITTED"


def test_grading_and_listing_take_as_many_statements_for_one_as_for_many(homework, api, make, statements):
    task = homework()
    first = data_of(task.submit(), 201)
    with statements() as of_one:
        task.queue()
    for _ in range(5):
        student = make.student()
        make.enrollment(task.course, student)
        data_of(api.as_(student).post(task.path, json={"text": "Mine."}), 201)
    with statements() as of_many:
        task.queue()
    with statements() as grading:
        data_of(task.grade(first))

    assert len(of_many) == len(of_one)
    assert len(grading) <= 12


def test_a_refused_submission_leaves_nothing_behind(homework, app):
    task = homework(before=[LessonType.TEXT], enforce_order=True)

    assert_refused(task.submit(), 409, "lesson_locked")

    with app.app_context():
        assert db.session.scalar(select(LessonProgress.lesson_id).limit(1)) is None
        assert db.session.get_one(Enrollment, task.enrollment.id).last_accessed is None
    assert task.queue()["data"] == []
