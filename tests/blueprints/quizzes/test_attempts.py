"""Attempts: starting, saving and submitting them, and what they complete."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.enums import LessonType, PaymentStatus
from app.models import Certificate
from tests.support.http import assert_refused, data_of
from tests.support.quizzes import answered, begin, take


def test_a_learner_passes_a_quiz_and_completes_the_course(taking, stored, course):
    client, quiz, enrollment = taking(questions=4)

    result = take(client, quiz)

    assert (result["state"], result["score"], result["is_passed"]) == ("SUBMITTED", 100, True)
    assert (result["points"], result["max_points"]) == (4, 4)
    shown = data_of(client.get(f"/enrollments/{enrollment.id}"))
    assert (shown["status"], shown["completion_percentage"]) == ("COMPLETED", 100)
    assert len(stored(select(Certificate))) == 1


def test_a_failed_attempt_completes_nothing_and_the_best_score_counts(taking, stored):
    client, quiz, enrollment = taking(questions=2)

    failed = take(client, quiz, with_text="Wrong")
    passed = take(client, quiz)
    again = take(client, quiz, with_text="Wrong")

    assert [each["is_passed"] for each in (failed, passed, again)] == [False, True, False]
    assert [each["number"] for each in (failed, passed, again)] == [1, 2, 3]
    shown = data_of(client.get(f"/lessons/{quiz.id}/quiz"))
    assert (shown["best_score"], shown["is_passed"], shown["attempts_used"]) == (100, True, 3)
    assert data_of(client.get(f"/enrollments/{enrollment.id}"))["status"] == "COMPLETED"


def test_a_quiz_with_questions_is_not_completed_by_hand(taking):
    client, quiz, enrollment = taking()

    assert_refused(client.post(f"/lessons/{quiz.id}/complete"), 409, "quiz_not_passed")
    assert_refused(
        client.put(f"/lessons/{quiz.id}/progress", json={"completed": True}), 409, "quiz_not_passed"
    )
    assert client.put(f"/lessons/{quiz.id}/progress", json={"position_seconds": 3}).status_code == 200
    explained = data_of(client.get(f"/enrollments/{enrollment.id}/completion"))
    assert explained["requirements"][0]["rule"] == "PASS_QUIZ"
    assert explained["next_step"] == "Pass the quiz “Quiz”, lesson 1 of the course."


def test_a_passed_quiz_that_was_marked_as_not_done_can_be_marked_again(taking):
    client, quiz, _ = taking()
    take(client, quiz)

    undone = data_of(client.delete(f"/lessons/{quiz.id}/complete"))
    marked = data_of(client.post(f"/lessons/{quiz.id}/complete"))

    assert (undone["completed_lessons"], marked["completed_lessons"]) == (0, 1)


def test_a_quiz_without_questions_is_marked_as_before(taking):
    client, quiz, enrollment = taking(questions=0)

    assert data_of(client.post(f"/lessons/{quiz.id}/complete"))["status"] == "COMPLETED"
    assert_refused(client.post(f"/lessons/{quiz.id}/attempts"), 409, "quiz_empty")
    explained = data_of(client.get(f"/enrollments/{enrollment.id}/completion"))
    assert explained["requirements"][0]["rule"] == "MARK"


def test_a_completion_stays_when_the_quiz_gets_questions(taking, make):
    client, quiz, enrollment = taking(questions=0)
    data_of(client.post(f"/lessons/{quiz.id}/complete"))

    make.question(quiz)

    assert data_of(client.post(f"/lessons/{quiz.id}/complete"))["status"] == "COMPLETED"
    assert data_of(client.get(f"/enrollments/{enrollment.id}"))["completed_lessons"] == 1


def test_what_was_saved_is_kept_and_graded(taking):
    client, quiz, _ = taking(questions=2)
    attempt = begin(client, quiz)
    path = f"/attempts/{attempt['id']}"

    saved = data_of(client.put(path, json=answered(attempt)))
    read = data_of(client.get(path))
    result = data_of(client.post(f"{path}/submit", json={}))

    assert all(
        choice["is_chosen"] == (choice["text"] == "Right")
        for each in read["questions"]
        for choice in each["choices"]
    )
    assert read == saved
    assert result["score"] == 100


def test_an_attempt_is_submitted_once(taking):
    client, quiz, _ = taking()
    attempt = take(client, quiz)

    assert_refused(client.post(f"/attempts/{attempt['id']}/submit", json={}), 409, "attempt_submitted")
    assert_refused(client.put(f"/attempts/{attempt['id']}", json={"responses": []}), 409, "attempt_submitted")


def test_one_attempt_is_in_progress_at_a_time(taking):
    client, quiz, _ = taking()
    attempt = begin(client, quiz)

    details = assert_refused(client.post(f"/lessons/{quiz.id}/attempts"), 409, "attempt_open")

    assert details == {"attempt_id": [attempt["id"]]}
    assert data_of(client.get(f"/lessons/{quiz.id}/quiz"))["open_attempt_id"] == attempt["id"]


def test_no_more_attempts_than_the_quiz_allows(taking):
    client, quiz, _ = taking(max_attempts=2)

    first, second = take(client, quiz, with_text="Wrong"), take(client, quiz, with_text="Wrong")

    assert (first["attempts_left"], second["attempts_left"]) == (1, 0)
    assert_refused(client.post(f"/lessons/{quiz.id}/attempts"), 409, "attempts_used_up")


def test_an_attempt_keeps_its_order_and_its_questions(api, taking, make, teacher, course):
    client, quiz, _ = taking(questions=0, shuffle_questions=True)
    for number in range(12):
        make.question(quiz, text=f"Question {number}", answers=keyed(*"abcdef"))
    attempt = begin(client, quiz)
    author = api.as_(teacher)
    for each in data_of(author.get(f"/lessons/{quiz.id}/questions")):
        data_of(author.patch(f"/questions/{each['id']}", json={"text": "Changed"}))
    assert author.delete(f"/questions/{each['id']}").status_code == 204

    again = data_of(client.get(f"/attempts/{attempt['id']}"))

    assert again["questions"] == attempt["questions"]
    order = [each["text"] for each in attempt["questions"]]
    assert sorted(order) == sorted(f"Question {number}" for number in range(12))
    choices = {tuple(choice["text"] for choice in each["choices"]) for each in attempt["questions"]}
    # The odds that twelve shuffles of six, or the shuffle of twelve, leave everything in place are below 1 in 10^8.
    assert choices != {tuple("abcdef")}
    assert order != [f"Question {number}" for number in range(12)]
    assert {choice["id"] for each in attempt["questions"] for choice in each["choices"]} == set(range(1, 7))
    result = data_of(client.post(f"/attempts/{attempt['id']}/submit", json=answered(attempt, with_text="a")))
    assert result["score"] == 100


def keyed(first, *others):
    """A key in which the first text is right."""
    texts = [(first, "100"), *((each, "0") for each in others)]
    return [
        {"id": place, "text": each, "credit": credit, "feedback": "", "tolerance": None}
        for place, (each, credit) in enumerate(texts, start=1)
    ]


@pytest.mark.parametrize(
    ("response", "where"),
    [
        ({"choices": [3]}, "responses.0.choices"),
        ({"choices": [1, 2]}, "responses.0.choices"),
        ({"text": "Right"}, "responses.0.text"),
        ({"question_id": "01890a5d-ac96-774b-bcce-b302099a8057"}, "responses.0.question_id"),
    ],
)
def test_a_response_that_does_not_fit_is_refused_with_its_place(taking, response, where):
    client, quiz, _ = taking()
    attempt = begin(client, quiz)
    given = {"question_id": attempt["questions"][0]["id"], **response}

    details = assert_refused(
        client.put(f"/attempts/{attempt['id']}", json={"responses": [given]}), 422, "invalid_request"
    )

    assert set(details) == {where}


def test_a_locked_quiz_cannot_be_started(api, make, teacher, student):
    course = make.course(instructor=teacher, enforce_order=True)
    section = make.section(course)
    first = make.lesson(section)
    quiz = make.quiz(course, section=section)
    make.enrollment(course, student)
    client = api.as_(student)

    assert_refused(client.post(f"/lessons/{quiz.id}/attempts"), 409, "lesson_locked")
    data_of(client.post(f"/lessons/{first.id}/complete"))
    assert take(client, quiz)["is_passed"]


def test_an_unpaid_quiz_is_not_taken(api, make, teacher, student, setting):
    setting(paid_enrollment="require")
    course = make.course(instructor=teacher, price=10)
    quiz = make.quiz(course)
    make.enrollment(course, student, payment_status=PaymentStatus.UNPAID)

    assert_refused(api.as_(student).post(f"/lessons/{quiz.id}/attempts"), 402, "payment_required")
    assert_refused(api.as_(student).get(f"/lessons/{quiz.id}/quiz"), 402, "payment_required")


def test_the_instructor_has_no_attempt_and_reads_those_of_learners(api, taking, teacher, make, student):
    client, quiz, _ = taking()
    attempt = begin(client, quiz)
    author = api.as_(teacher)

    assert_refused(author.post(f"/lessons/{quiz.id}/attempts"), 403, "not_enrolled")
    (row,) = data_of(author.get(f"/lessons/{quiz.id}/attempts?state=in_progress&user_id={student.id}"))
    assert (row["id"], row["user"]["username"]) == (attempt["id"], student.username)
    shown = data_of(author.get(f"/attempts/{attempt['id']}"))
    assert [choice["is_correct"] for choice in shown["questions"][0]["choices"]].count(True) == 1
    assert_refused(author.put(f"/attempts/{attempt['id']}", json={"responses": []}), 403, "forbidden")
    assert_refused(api.as_(make.student()).get(f"/attempts/{attempt['id']}"), 404, "not_found")


def test_a_learner_who_left_comes_back_to_their_attempts(taking, sql):
    client, quiz, enrollment = taking()
    attempt = begin(client, quiz)
    assert client.delete(f"/enrollments/{enrollment.id}").status_code == 200

    assert_refused(client.post(f"/attempts/{attempt['id']}/submit", json={}), 403, "not_enrolled")
    data_of(client.post(f"/courses/{quiz.course_id}/enroll"), 201)
    assert data_of(client.post(f"/attempts/{attempt['id']}/submit", json=answered(attempt)))["is_passed"]


def test_submitting_thirty_questions_takes_three_statements(taking, statements, make, course):
    client, quiz, _ = taking(questions=30)
    make.quiz(course, questions=0, title="Another lesson")
    take(client, quiz, with_text="Wrong")
    attempt = begin(client, quiz)
    body = answered(attempt)
    with statements() as beside:
        client.get("/auth/me")

    with statements() as seen:
        result = data_of(client.post(f"/attempts/{attempt['id']}/submit", json=body))

    assert result["is_passed"]
    assert len(seen) - (len(beside) - 1) <= 3, "\n\n".join(seen)


def test_a_changed_type_of_the_lesson_ends_the_quiz(api, taking, teacher):
    client, quiz, _ = taking()
    data_of(api.as_(teacher).patch(f"/lessons/{quiz.id}", json={"type": LessonType.TEXT}))

    assert_refused(client.post(f"/lessons/{quiz.id}/attempts"), 409, "not_a_quiz")
    assert data_of(client.post(f"/lessons/{quiz.id}/complete"))["status"] == "COMPLETED"
