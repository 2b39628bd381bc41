"""Quizzes through the API: settings, questions, attempts, completion, regrading and statistics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from app.db.session import db, transaction
from app.enums import CourseStatus, LessonType, PaymentStatus, Reveal
from app.models import Certificate, CourseChange, LessonProgress, QuizAttempt, QuizScore
from app.services.quizzes import closing
from tests.support.http import assert_refused, data_of

TRUTH = {"type": "TRUE_FALSE", "text": "Water is wet.", "answers": [{"text": "true", "is_correct": True}]}


@pytest.fixture
def teacher(make):
    return make.instructor()


@pytest.fixture
def course(make, teacher):
    return make.course(instructor=teacher)


@pytest.fixture
def student(make):
    return make.student()


@pytest.fixture
def taking(api, make, course, student):
    """A learner's client, the quiz, and the enrollment."""

    def prepare(*, in_course=course, **quiz):
        enrollment = make.enrollment(in_course, student)
        return api.as_(student), make.quiz(in_course, **quiz), enrollment

    return prepare


@pytest.fixture
def sql(app):
    def run(statement, **values):
        with app.app_context(), transaction():
            db.session.execute(text(statement), values)

    return run


def begin(client, quiz):
    return data_of(client.post(f"/lessons/{quiz.id}/attempts"), 201)


def answered(attempt, *, with_text="Right"):
    """The choice of every question that has this text."""
    return {
        "responses": [
            {
                "question_id": each["id"],
                "choices": [choice["id"] for choice in each["choices"] if choice["text"] == with_text],
            }
            for each in attempt["questions"]
        ]
    }


def take(client, quiz, *, with_text="Right"):
    attempt = begin(client, quiz)
    return data_of(
        client.post(f"/attempts/{attempt['id']}/submit", json=answered(attempt, with_text=with_text))
    )


# Questions


def test_an_instructor_adds_questions_of_every_type(api, make, course, teacher):
    quiz, client = make.quiz(course, questions=0), api.as_(teacher)
    sent = [
        {"type": "single", "text": "One?", "answers": [{"text": "a", "is_correct": True}, {"text": "b"}]},
        {
            "type": "MULTIPLE",
            "text": "Several?",
            "points": 2.5,
            "answers": [{"text": "a", "is_correct": True}, {"text": "b", "is_correct": True}, {"text": "c"}],
        },
        TRUTH,
        {"type": "SHORT_TEXT", "text": "Capital?", "answers": [{"text": "Paris"}]},
        {"type": "NUMERIC", "text": "Pi?", "answers": [{"text": "3.14", "tolerance": 0.01}]},
    ]

    made = [data_of(client.post(f"/lessons/{quiz.id}/questions", json=each), 201) for each in sent]

    assert [each["type"] for each in made] == ["SINGLE", "MULTIPLE", "TRUE_FALSE", "SHORT_TEXT", "NUMERIC"]
    assert [each["position"] for each in made] == [1, 2, 3, 4, 5]
    assert [each["credit"] for each in made[1]["answers"]] == [50.0, 50.0, -50.0]
    assert [(each["text"], each["is_correct"]) for each in made[2]["answers"]] == [
        ("true", True),
        ("false", False),
    ]
    assert made[4]["answers"][0]["tolerance"] == 0.01
    assert data_of(client.get(f"/lessons/{quiz.id}/questions")) == made
    assert data_of(client.get(f"/questions/{made[0]['id']}")) == made[0]


def test_a_question_of_a_lesson_that_is_no_quiz_is_refused(api, make, course, teacher):
    lesson = make.lesson(make.section(course))

    response = api.as_(teacher).post(f"/lessons/{lesson.id}/questions", json=TRUTH)

    assert_refused(response, 409, "not_a_quiz")


def test_a_key_without_a_right_answer_is_refused_with_its_place(api, make, course, teacher):
    quiz = make.quiz(course, questions=0)
    body = {"type": "SINGLE", "text": "?", "answers": [{"text": "a"}, {"text": "b"}]}

    details = assert_refused(
        api.as_(teacher).post(f"/lessons/{quiz.id}/questions", json=body), 422, "invalid_request"
    )

    assert details == {"answers": ["One answer must be correct: a credit of 100."]}


def test_an_edit_of_a_question_is_an_edit_of_the_course(api, make, teacher, stored):
    course = make.course(instructor=teacher, status=CourseStatus.APPROVED)
    quiz, client = make.quiz(course), api.as_(teacher)
    (question,) = data_of(client.get(f"/lessons/{quiz.id}/questions"))

    data_of(client.patch(f"/questions/{question['id']}", json={"points": 3}))
    data_of(client.patch(f"/questions/{question['id']}", json={"points": 3}))

    assert data_of(client.get(f"/courses/{course.id}"))["status"] == "DRAFT"
    changes = stored(select(CourseChange.action).where(CourseChange.course_id == course.id))
    assert changes == ["edited"]


def test_the_type_of_a_question_stays(api, make, course, teacher):
    quiz, client = make.quiz(course), api.as_(teacher)
    (question,) = data_of(client.get(f"/lessons/{quiz.id}/questions"))

    response = client.put(f"/questions/{question['id']}", json=TRUTH)

    assert set(assert_refused(response, 422, "invalid_request")) == {"type"}


def test_an_answer_is_replaced_as_a_whole_by_a_patch_too(api, make, course, teacher):
    client = api.as_(teacher)
    made = data_of(client.post(f"/lessons/{make.quiz(course).id}/questions", json=TRUTH), 201)

    refused = client.patch(f"/questions/{made['id']}", json={"answers": [{"credit": 100}]})

    assert assert_refused(refused, 422, "invalid_request") == {"answers.0.text": ["This field is required."]}


def test_answers_can_be_sent_back_as_they_were_read(api, make, course, teacher):
    client = api.as_(teacher)
    made = data_of(client.post(f"/lessons/{make.quiz(course).id}/questions", json=TRUTH), 201)

    again = data_of(client.patch(f"/questions/{made['id']}", json={"answers": made["answers"]}))

    assert again == made


def test_questions_are_reordered_and_deleted(api, make, course, teacher):
    quiz, client = make.quiz(course, questions=3), api.as_(teacher)
    first, second, third = (each["id"] for each in data_of(client.get(f"/lessons/{quiz.id}/questions")))

    order = {"order": [third, first, second]}
    shown = data_of(client.put(f"/lessons/{quiz.id}/questions/order", json=order))["questions"]
    assert client.delete(f"/questions/{first}").status_code == 204

    assert [(each["id"], each["position"]) for each in shown] == [(third, 1), (first, 2), (second, 3)]
    assert [each["id"] for each in data_of(client.get(f"/lessons/{quiz.id}/questions"))] == [third, second]
    assert_refused(client.put(f"/lessons/{quiz.id}/questions/order", json=order), 409, "order_stale")
    assert_refused(client.get(f"/questions/{first}"), 404, "not_found")


def test_a_quiz_has_two_hundred_questions_at_most(api, make, course, teacher, set_limit):
    set_limit("app.services.quizzes.questions.MOST_QUESTIONS", 1)
    quiz = make.quiz(course)

    assert_refused(api.as_(teacher).post(f"/lessons/{quiz.id}/questions", json=TRUTH), 422, "quiz_too_large")


# Settings


def test_a_quiz_has_defaults_until_it_is_configured(api, make, course, teacher):
    quiz, client = make.quiz(course, questions=2), api.as_(teacher)

    before = data_of(client.get(f"/lessons/{quiz.id}/quiz"))
    after = data_of(
        client.put(
            f"/lessons/{quiz.id}/quiz", json={"pass_percentage": 75.5, "max_attempts": 2, "reveal": "score"}
        )
    )

    assert (before["pass_percentage"], before["max_attempts"], before["reveal"]) == (60, None, "WHEN_DONE")
    assert (before["question_count"], before["total_points"]) == (2, 2)
    assert (after["pass_percentage"], after["max_attempts"], after["reveal"]) == (75.5, 2, "SCORE")
    assert data_of(client.get(f"/lessons/{quiz.id}/quiz")) == after


def test_settings_of_a_lesson_that_is_no_quiz_are_refused(api, make, course, teacher):
    lesson, client = make.lesson(make.section(course)), api.as_(teacher)

    assert_refused(client.get(f"/lessons/{lesson.id}/quiz"), 409, "not_a_quiz")
    assert_refused(client.put(f"/lessons/{lesson.id}/quiz", json={}), 409, "not_a_quiz")


def test_settings_that_were_changed_since_are_not_overwritten(api, make, course, teacher):
    quiz, client = make.quiz(course, pass_percentage=50), api.as_(teacher)
    read = client.get(f"/lessons/{quiz.id}/quiz").headers["ETag"]
    data_of(client.put(f"/lessons/{quiz.id}/quiz", json={"pass_percentage": 70}, headers={"If-Match": read}))

    response = client.put(
        f"/lessons/{quiz.id}/quiz", json={"pass_percentage": 80}, headers={"If-Match": read}
    )

    assert_refused(response, 412, "precondition_failed")


# Attempts


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


# Time


def test_a_submit_within_the_grace_is_taken_and_one_after_it_grades_what_was_saved(taking, sql):
    client, quiz, _ = taking(time_limit_seconds=60, grace_seconds=30)
    for seconds_ago, score, is_late in ((80, 100, False), (100, 0, True)):
        attempt = begin(client, quiz)
        assert attempt["seconds_left"] == 60
        age(sql, attempt, seconds_ago)

        result = data_of(client.post(f"/attempts/{attempt['id']}/submit", json=answered(attempt)))

        assert (result["score"], result["is_timed_out"]) == (score, is_late)
        if is_late:
            assert result["submitted_at"] == result["expires_at"]


def age(sql, attempt, seconds):
    """As if the attempt had been started so long ago."""
    sql(
        "UPDATE quiz_attempts SET started_at = started_at - make_interval(secs => :seconds),"
        " expires_at = expires_at - make_interval(secs => :seconds) WHERE id = :id",
        id=attempt["id"],
        seconds=seconds,
    )


def test_nothing_is_saved_after_the_time(taking, sql):
    client, quiz, _ = taking(time_limit_seconds=60, grace_seconds=0)
    attempt = begin(client, quiz)
    data_of(client.put(f"/attempts/{attempt['id']}", json=answered(attempt)))
    age(sql, attempt, 61)

    assert_refused(client.put(f"/attempts/{attempt['id']}", json={"responses": []}), 409, "attempt_expired")
    assert data_of(client.get(f"/attempts/{attempt['id']}"))["seconds_left"] == 0
    assert data_of(client.post(f"/attempts/{attempt['id']}/submit", json={}))["score"] == 100


def test_an_attempt_that_was_never_submitted_is_closed_and_may_pass(app, taking, sql):
    client, quiz, enrollment = taking(time_limit_seconds=60)
    attempt = begin(client, quiz)
    data_of(client.put(f"/attempts/{attempt['id']}", json=answered(attempt)))
    age(sql, attempt, 600)

    with app.app_context(), transaction():
        assert not closing.close_expired()

    result = data_of(client.get(f"/attempts/{attempt['id']}"))
    assert (result["state"], result["is_timed_out"], result["score"]) == ("SUBMITTED", True, 100)
    assert data_of(client.get(f"/enrollments/{enrollment.id}"))["status"] == "COMPLETED"


@pytest.mark.parametrize("obstacle", ["order", "payment", "left", "optional"])
def test_an_attempt_that_is_closed_completes_what_the_learner_could_complete(
    app, api, make, taking, sql, setting, teacher, obstacle
):
    """The author puts a lesson before the quiz, the payment is taken back, or the learner leaves, while it is in progress."""
    course = make.course(instructor=teacher, enforce_order=True, price=10)
    section = make.section(course)
    client, quiz, enrollment = taking(in_course=course, section=section, time_limit_seconds=60)
    attempt = begin(client, quiz)
    data_of(client.put(f"/attempts/{attempt['id']}", json=answered(attempt)))
    age(sql, attempt, 600)
    if obstacle in {"order", "optional"}:
        first = make.lesson(section, is_required=obstacle == "order")
        order = {"order": [str(first.id), str(quiz.id)]}
        data_of(api.as_(teacher).post(f"/sections/{section.id}/lessons/reorder", json=order))
    setting(paid_enrollment="require")
    paid = "UNPAID" if obstacle == "payment" else "PAID"
    sql("UPDATE enrollments SET payment_status = :paid WHERE id = :id", paid=paid, id=enrollment.id)
    if obstacle == "left":
        data_of(client.delete(f"/enrollments/{enrollment.id}"))

    with app.app_context(), transaction():
        closing.close_expired()

    with app.app_context():
        done = db.session.scalars(select(LessonProgress.completed_at)).all()
        passed = db.session.scalars(select(QuizScore.passed_at)).all()
    assert passed != [None]
    assert ([each for each in done if each] != []) == (obstacle == "optional")


def test_the_next_attempt_closes_one_whose_time_is_over(taking, sql):
    client, quiz, _ = taking(time_limit_seconds=60, grace_seconds=0)
    first = begin(client, quiz)
    age(sql, first, 61)

    second = begin(client, quiz)

    assert second["number"] == 2
    assert data_of(client.get(f"/attempts/{first['id']}"))["state"] == "SUBMITTED"


# What is shown afterwards


@pytest.mark.parametrize(
    ("reveal", "passes", "shows_credit", "shows_key"),
    [
        (Reveal.SCORE, True, False, False),
        (Reveal.CORRECTNESS, True, True, False),
        (Reveal.WHEN_DONE, False, True, False),
        (Reveal.WHEN_DONE, True, True, True),
        (Reveal.ANSWERS, False, True, True),
    ],
)
def test_a_quiz_reveals_as_much_as_it_is_set_to(taking, make, reveal, passes, shows_credit, shows_key):
    client, quiz, _ = taking(questions=0, reveal=reveal)
    make.question(quiz, explanation="Because.")

    (question,) = take(client, quiz, with_text="Right" if passes else "Wrong")["questions"]

    assert (question["credit"] is not None) == shows_credit
    assert (question["explanation"] == "Because.") == shows_key
    assert all((choice["is_correct"] is not None) == shows_key for choice in question["choices"])


def test_the_last_attempt_reveals_the_answers(taking):
    client, quiz, _ = taking(max_attempts=2)

    first, second = take(client, quiz, with_text="Wrong"), take(client, quiz, with_text="Wrong")

    assert first["questions"][0]["explanation"] is None
    assert second["questions"][0]["explanation"] is not None


@pytest.mark.parametrize(
    ("reveal", "first_text", "max_attempts"),
    [(Reveal.WHEN_DONE, "Wrong", 2), (Reveal.WHEN_DONE, "Right", None), (Reveal.ANSWERS, "Wrong", None)],
)
def test_no_attempt_shows_the_key_while_another_is_in_progress(taking, reveal, first_text, max_attempts):
    client, quiz, _ = taking(reveal=reveal, max_attempts=max_attempts)
    first = take(client, quiz, with_text=first_text)
    second = begin(client, quiz)

    (meanwhile,) = data_of(client.get(f"/attempts/{first['id']}"))["questions"]
    data_of(client.post(f"/attempts/{second['id']}/submit", json={}))
    (afterwards,) = data_of(client.get(f"/attempts/{first['id']}"))["questions"]

    assert meanwhile["credit"] is not None
    assert (meanwhile["explanation"], {each["is_correct"] for each in meanwhile["choices"]}) == (None, {None})
    assert (afterwards["explanation"], {each["is_correct"] for each in afterwards["choices"]}) == (
        "",
        {True, False},
    )


# Regrading


def mend(client, quiz, right_text):
    (question,) = data_of(client.get(f"/lessons/{quiz.id}/questions"))
    answers = [
        {"id": each["id"], "text": each["text"], "is_correct": each["text"] == right_text}
        for each in question["answers"]
    ]
    data_of(client.patch(f"/questions/{question['id']}", json={"answers": answers}))


def test_a_regrade_shows_and_then_makes_who_changes(api, taking, make, course, teacher, stored):
    client, quiz, enrollment = taking()
    take(client, quiz, with_text="Wrong")
    lucky = make.student(first_name="Lucky")
    lucky_seat = make.enrollment(course, lucky)
    take(api.as_(lucky), quiz, with_text="Right")
    author = api.as_(teacher)
    mend(author, quiz, "Wrong")

    preview = data_of(author.post(f"/lessons/{quiz.id}/regrade", json={"mode": "preview"}))
    untouched = stored(select(QuizAttempt.score).order_by(QuizAttempt.started_at))
    run = data_of(author.post(f"/lessons/{quiz.id}/regrade", json={}))
    again = data_of(author.post(f"/lessons/{quiz.id}/regrade", json={}))

    assert untouched == [0, 100]
    assert {**preview, "mode": "run", "completed": 1} == run
    assert (run["attempts"], run["changed"], run["newly_passed"], run["no_longer_passed"]) == (2, 2, 1, 1)
    assert {each["score_before"]: each["score_after"] for each in run["changes"]} == {0: 100, 100: 0}
    assert (again["changed"], again["completed"]) == (0, 0)
    for seat in (enrollment, lucky_seat):
        assert data_of(author.get(f"/enrollments/{seat.id}"))["status"] == "COMPLETED"
    assert sorted(stored(select(QuizScore.best_score))) == [0, 100]
    assert len(stored(select(LessonProgress).where(LessonProgress.completed_at.is_not(None)))) == 2


def test_a_regraded_attempt_shows_the_mended_key(api, taking, teacher):
    client, quiz, _ = taking()
    author = api.as_(teacher)
    wrong, right = take(client, quiz, with_text="Wrong"), take(client, quiz, with_text="Right")
    (question,) = data_of(author.get(f"/lessons/{quiz.id}/questions"))
    mended = [
        {
            "id": each["id"],
            "text": f"New {each['text']}",
            "is_correct": each["text"] == "Wrong",
            "feedback": "New",
        }
        for each in question["answers"]
    ]
    changes = {"answers": mended, "explanation": "New", "points": 2}
    data_of(author.patch(f"/questions/{question['id']}", json=changes))

    before = data_of(client.get(f"/attempts/{wrong['id']}"))["questions"][0]
    data_of(author.post(f"/lessons/{quiz.id}/regrade", json={}))
    shown = [data_of(client.get(f"/attempts/{each['id']}"))["questions"][0] for each in (wrong, right)]

    assert {each["text"]: each["is_correct"] for each in before["choices"]} == {"Right": True, "Wrong": False}
    assert [(each["credit"], each["points"], each["explanation"]) for each in shown] == [
        (100, 2, "New"),
        (0, 2, "New"),
    ]
    for each in shown:
        keys = {choice["text"]: (choice["is_correct"], choice["feedback"]) for choice in each["choices"]}
        assert keys == {"Right": (False, "New"), "Wrong": (True, "New")}


def test_a_regrade_that_changes_no_points_still_shows_the_mended_key(api, make, taking, teacher):
    client, quiz, _ = taking(questions=0, reveal=Reveal.ANSWERS)
    author = api.as_(teacher)
    sent = {"type": "NUMERIC", "text": "Pi?", "answers": [{"text": "3.41"}]}
    question = data_of(author.post(f"/lessons/{quiz.id}/questions", json=sent), 201)
    attempt = begin(client, quiz)
    body = {"responses": [{"question_id": question["id"], "text": "4"}]}
    data_of(client.post(f"/attempts/{attempt['id']}/submit", json=body))
    data_of(author.patch(f"/questions/{question['id']}", json={"answers": [{"text": "3.14"}]}))

    report = data_of(author.post(f"/lessons/{quiz.id}/regrade", json={}))

    assert (report["attempts"], report["changed"], report["changes"]) == (1, 0, [])
    assert data_of(client.get(f"/attempts/{attempt['id']}"))["questions"][0]["accepted"] == ["3.14"]


def test_a_regrade_credits_no_answer_that_the_learner_never_saw(api, make, taking, teacher):
    """The answer that was chosen is removed, and a new one is the last now."""
    client, quiz, _ = taking(questions=0)
    author = api.as_(teacher)
    answers = [{"text": "A", "is_correct": True}, {"text": "B"}, {"text": "C"}]
    sent = {"type": "SINGLE", "text": "?", "answers": answers}
    question = data_of(author.post(f"/lessons/{quiz.id}/questions", json=sent), 201)
    attempt = take(client, quiz, with_text="C")
    first, second, third = question["answers"]
    replaced = {"id": first["id"], "text": "A"}, {"id": second["id"], "text": "B"}
    for answers in (
        [{**replaced[0], "is_correct": True}, replaced[1]],
        [*replaced, {"text": "D", "is_correct": True}],
    ):
        data_of(author.patch(f"/questions/{question['id']}", json={"answers": answers}))

    report = data_of(author.post(f"/lessons/{quiz.id}/regrade", json={}))
    shown = data_of(client.get(f"/attempts/{attempt['id']}"))["questions"][0]
    (now,) = data_of(author.get(f"/lessons/{quiz.id}/questions"))

    assert (report["newly_passed"], shown["credit"]) == (0, 0)
    assert now["answers"][2]["id"] > third["id"]


def test_an_attempt_in_progress_keeps_its_key_and_is_counted(api, taking, teacher):
    client, quiz, _ = taking()
    attempt, author = begin(client, quiz), api.as_(teacher)
    mend(author, quiz, "Wrong")

    report = data_of(author.post(f"/lessons/{quiz.id}/regrade", json={}))
    result = data_of(client.post(f"/attempts/{attempt['id']}/submit", json=answered(attempt)))

    assert (report["attempts"], report["open_attempts"]) == (0, 1)
    assert result["score"] == 100


def test_a_regrade_takes_a_constant_number_of_statements(api, make, teacher, statements):
    author, counts = api.as_(teacher), []
    for learners in (2, 12):
        course = make.course(instructor=teacher)
        quiz = make.quiz(course)
        for _ in range(learners):
            learner = make.student()
            make.enrollment(course, learner)
            take(api.as_(learner), quiz, with_text="Wrong")
        mend(author, quiz, "Wrong")
        with statements() as seen:
            report = data_of(author.post(f"/lessons/{quiz.id}/regrade", json={}))
        assert report["newly_passed"] == learners
        counts.append(len(seen))

    assert counts[0] == counts[1]


# Figures


def test_statistics_of_the_first_attempts(api, make, course, teacher):
    quiz, client = make.quiz(course, questions=2, pass_percentage=100), api.as_(teacher)
    for texts in (("Right", "Right"), ("Right", "Wrong"), ("Right", "Right"), ("Wrong", "Wrong")):
        learner = make.student()
        make.enrollment(course, learner)
        learning = api.as_(learner)
        attempt = begin(learning, quiz)
        body = {
            "responses": [
                {
                    "question_id": each["id"],
                    "choices": [choice["id"] for choice in each["choices"] if choice["text"] == text_of],
                }
                for each, text_of in zip(attempt["questions"], texts, strict=True)
            ]
        }
        data_of(learning.post(f"/attempts/{attempt['id']}/submit", json=body))
    take(learning, quiz)

    figures = data_of(client.get(f"/lessons/{quiz.id}/statistics"))

    assert (figures["learners"], figures["attempts"]) == (4, 5)
    assert (figures["average_first_score"], figures["median_first_score"]) == (62.5, 75)
    assert (figures["average_best_score"], figures["pass_rate"]) == (87.5, 75)
    assert [each["facility"] for each in figures["questions"]] == [75, 50]
    # Of (1, 1, 1, 0) with (1, 0, 1, 0): 0.25 / (sqrt(0.75) * 1) = 1 / sqrt(3).
    assert [each["discrimination"] for each in figures["questions"]] == [57.74, 57.74]


def test_a_quiz_of_one_question_has_no_discrimination(api, make, course, teacher):
    """Thirds: there are no other points, however they are rounded."""
    quiz, author = make.quiz(course, questions=0), api.as_(teacher)
    answers = [{"text": each, "is_correct": each != "D"} for each in "ABCD"]
    sent = {"type": "MULTIPLE", "text": "?", "answers": answers}
    data_of(author.post(f"/lessons/{quiz.id}/questions", json=sent), 201)
    for texts in ("A", "AB", "ABC", "D"):
        learner = make.student()
        make.enrollment(course, learner)
        learning = api.as_(learner)
        attempt = begin(learning, quiz)
        (question,) = attempt["questions"]
        chosen = [each["id"] for each in question["choices"] if each["text"] in texts]
        body = {"responses": [{"question_id": question["id"], "choices": chosen}]}
        data_of(learning.post(f"/attempts/{attempt['id']}/submit", json=body))

    (figures,) = data_of(author.get(f"/lessons/{quiz.id}/statistics"))["questions"]

    assert (figures["facility"], figures["discrimination"]) == (50, None)


def test_statistics_of_a_quiz_that_was_not_taken_are_null(api, make, course, teacher):
    quiz = make.quiz(course)

    figures = data_of(api.as_(teacher).get(f"/lessons/{quiz.id}/statistics"))

    assert (figures["learners"], figures["average_first_score"], figures["pass_rate"]) == (0, None, None)
    assert [
        (each["responses"], each["facility"], each["discrimination"]) for each in figures["questions"]
    ] == [(0, None, None)]


def test_the_dashboard_has_the_average_of_the_best_scores_and_its_sum_is_verified(
    api, make, taking, course, teacher
):
    client, quiz, _ = taking(questions=2)
    author = api.as_(teacher)
    assert data_of(author.get(f"/courses/{course.id}/analytics"))["average_quiz_score"] is None

    take(client, quiz, with_text="Wrong")
    assert data_of(author.get(f"/courses/{course.id}/analytics"))["average_quiz_score"] == 0
    take(client, quiz)

    assert data_of(author.get(f"/courses/{course.id}/analytics"))["average_quiz_score"] == 100
    assert data_of(author.get("/dashboard/instructor"))["courses"][0]["average_quiz_score"] == 100
    assert data_of(api.as_(make.admin()).post("/dashboard/verify"))["difference_count"] == 0


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


def test_times_are_those_of_the_database(taking):
    client, quiz, _ = taking(time_limit_seconds=60)

    attempt = begin(client, quiz)

    started, expires = (datetime.fromisoformat(attempt[name]) for name in ("started_at", "expires_at"))
    assert expires - started == timedelta(seconds=60)
    assert abs(datetime.now(UTC) - started) < timedelta(seconds=30)
    assert Decimal(attempt["seconds_left"]) == 60
