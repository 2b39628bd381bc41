"""Before a learner has submitted an attempt, no byte of any answer to them holds a part of the key."""

from __future__ import annotations

import re

import pytest

from app.enums import QuestionType
from tests.support.http import PREFIX, Client

KEY = [
    "KEYFEEDBACK",
    "KEYEXPLANATION",
    "KEYTEXT",
    "KEYNUMBER",
    "271828",
    "KEYNAME",
    'is_correct":true',
    "33.33333",
]
"""Words that occur in nothing but keys, and the forms in which a key would say what is right."""


def answer(key, text, credit, tolerance=None):
    return {"id": key, "text": text, "credit": credit, "feedback": "KEYFEEDBACK", "tolerance": tolerance}


@pytest.fixture
def course(make):
    return make.course(lessons=1)


@pytest.fixture
def quiz(make, course):
    """A quiz with a question of every type."""
    lesson = make.quiz(course, questions=0, shuffle_answers=False)
    hidden = {"explanation": "KEYEXPLANATION", "name": "KEYNAME"}
    make.question(lesson, answers=[answer(1, "Alpha", "33.33333"), answer(2, "Beta", "100")], **hidden)
    several = [answer(1, "Gamma", "50"), answer(2, "Delta", "50"), answer(3, "Epsilon", "-50")]
    make.question(lesson, type=QuestionType.MULTIPLE, answers=several, **hidden)
    truth = [answer(1, "true", "100"), answer(2, "false", "0")]
    make.question(lesson, type=QuestionType.TRUE_FALSE, answers=truth, **hidden)
    make.question(lesson, type=QuestionType.SHORT_TEXT, answers=[answer(1, "KEYTEXT", "100")], **hidden)
    make.question(lesson, type=QuestionType.NUMERIC, answers=[answer(1, "271828", "100", "3")], **hidden)
    return lesson


def gets(document, ids):
    """Every GET of the API with the ids of this quiz, as JSON and in its other forms."""
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        names = re.findall(r"{(\w+)}", path)
        if all(name in ids for name in names):
            yield path.removeprefix(PREFIX).format(**ids) or "/"


def test_no_answer_to_a_learner_holds_a_part_of_the_key(app, _witness, api, make, course, quiz):
    learner = make.student()
    enrollment = make.enrollment(course, learner)
    client = api.as_(learner)
    started = client.post(f"/lessons/{quiz.id}/attempts")
    attempt = started.get_json()["data"]
    ids = {
        **dict.fromkeys(("course_id", "ref"), quiz.course_id),
        "section_id": quiz.section_id,
        "lesson_id": quiz.id,
        "attempt_id": attempt["id"],
        "enrollment_id": enrollment.id,
        "question_id": attempt["questions"][0]["id"],
        "user_id": learner.id,
    }
    saved = {"responses": [{"question_id": attempt["questions"][0]["id"], "choices": [1]}]}
    answers = {"start": started, "save": client.put(f"/attempts/{attempt['id']}", json=saved)}
    answers["complete"] = client.post(f"/lessons/{quiz.id}/complete")
    answers["wrong"] = client.put(
        f"/attempts/{attempt['id']}", json={"responses": [{**saved["responses"][0], "text": "x"}]}
    )
    for who in (client, Client(app, _witness)):
        for path in gets(_witness.document, ids):
            for query in ("", "?format=csv", "?format=ndjson", "?search=KEYTEXT"):
                answers[f"{'anonymous' if who is not client else 'learner'} {path}{query}"] = who.get(
                    path + query
                )

    found = {
        name: word
        for name, response in answers.items()
        for word in KEY
        if word in response.get_data(as_text=True) + str(response.headers)
        and not (word == "KEYTEXT" and "search=KEYTEXT" in name)
    }

    assert len(answers) > 200
    assert answers["save"].status_code == 200
    assert found == {}
    # Nor does the order of its choices, their ids, or the number of the accepted answers say what is right.
    assert {choice["is_correct"] for each in attempt["questions"] for choice in each["choices"]} == {None}
    assert {each["type"]: len(each["choices"]) for each in attempt["questions"]}["SHORT_TEXT"] == 0


def test_the_ids_of_shuffled_choices_do_not_follow_the_key(api, make):
    course = make.course()
    quiz = make.quiz(course, questions=0, shuffle_answers=True)
    options = [answer(1, "Right", "100"), *(answer(place, f"Wrong {place}", "0") for place in range(2, 9))]
    for _ in range(8):
        make.question(quiz, answers=options)
    learner = make.student()
    make.enrollment(course, learner)

    attempt = api.as_(learner).post(f"/lessons/{quiz.id}/attempts").get_json()["data"]

    places = [
        choice["id"]
        for each in attempt["questions"]
        for choice in each["choices"]
        if choice["text"] == "Right"
    ]
    # The odds that eight shuffles of eight leave the right one first are 1 in 16 million.
    assert set(places) != {1}
