"""Questions through the API: their key, their order, and their place in the course."""

from __future__ import annotations

from sqlalchemy import select

from app.enums import CourseStatus
from app.models import CourseChange
from tests.support.http import assert_refused, data_of

TRUTH = {"type": "TRUE_FALSE", "text": "Water is wet.", "answers": [{"text": "true", "is_correct": True}]}


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
