"""Grading, as tables of cases: the credit of a response by the key of its question, and the score of an attempt."""

from decimal import Decimal
from itertools import pairwise

import pytest

from app.enums import QuestionType
from app.errors.base import InvalidRequest
from app.services.quizzes import grading
from app.services.quizzes.question_rules import stored_answers
from app.values.responses import matches, number_of
from tests.support.effort import seconds


def question(kind, *answers, points=1, partial_credit=True, case_sensitive=False):
    return {
        "question_id": f"{kind}",
        "type": kind,
        "points": str(points),
        "answers": stored_answers(kind, list(answers)),
        "partial_credit": partial_credit,
        "case_sensitive": case_sensitive,
    }


def right(text, **values):
    return {"text": text, "is_correct": True, **values}


def wrong(text, **more):
    return {"text": text, **more}


SINGLE = question(QuestionType.SINGLE, wrong("a"), right("b"), {"text": "c", "credit": Decimal(50)})
MULTIPLE = question(QuestionType.MULTIPLE, right("a"), right("b"), wrong("c"), wrong("d"))
STRICT = {**MULTIPLE, "partial_credit": False}
THIRDS = question(QuestionType.MULTIPLE, right("a"), right("b"), right("c"), wrong("d"))
TRUTH = question(QuestionType.TRUE_FALSE, right("false"))
WORD = question(
    QuestionType.SHORT_TEXT,
    {"text": "Paris"},
    {"text": "*, France", "credit": Decimal(50)},
    {"text": r"5 \* 2"},
)
CASED = question(QuestionType.SHORT_TEXT, {"text": "pH"}, case_sensitive=True)
NUMBER = question(
    QuestionType.NUMERIC,
    {"text": "3.14", "tolerance": Decimal("0.005")},
    {"text": "3", "credit": Decimal(20)},
)


@pytest.mark.parametrize(
    ("content", "response", "credit"),
    [
        (SINGLE, None, 0),
        (SINGLE, {"choices": [1]}, 0),
        (SINGLE, {"choices": [2]}, 100),
        (SINGLE, {"choices": [3]}, 50),
        (SINGLE, {"choices": [9]}, 0),
        (MULTIPLE, {"choices": [1, 2]}, 100),
        (MULTIPLE, {"choices": [1]}, 50),
        (MULTIPLE, {"choices": [1, 2, 3]}, 50),
        (MULTIPLE, {"choices": [1, 3]}, 0),
        (MULTIPLE, {"choices": [3, 4]}, 0),
        (MULTIPLE, {"choices": [1, 2, 3, 4]}, 0),
        (STRICT, {"choices": [1, 2]}, 100),
        (STRICT, {"choices": [1]}, 0),
        (THIRDS, {"choices": [1, 2, 3]}, 100),
        (THIRDS, {"choices": [1, 2]}, Decimal("66.66667")),
        (THIRDS, {"choices": [1, 2, 4]}, Decimal("33.33333")),
        (TRUTH, {"choices": [1]}, 0),
        (TRUTH, {"choices": [2]}, 100),
        (WORD, {"text": "  paris "}, 100),
        (WORD, {"text": "ＰＡＲＩＳ"}, 100),
        (WORD, {"text": "Paris, France"}, 50),
        (WORD, {"text": "Pari"}, 0),
        (WORD, {"text": "5 * 2"}, 100),
        (WORD, {"text": "5 x 2"}, 0),
        (WORD, {"text": ""}, 0),
        (CASED, {"text": "pH"}, 100),
        (CASED, {"text": "PH"}, 0),
        (NUMBER, {"text": "3.14"}, 100),
        (NUMBER, {"text": "3,145"}, 100),
        (NUMBER, {"text": "3.1451"}, 0),
        (NUMBER, {"text": "٣٫١٤"}, 100),
        (NUMBER, {"text": "314e-2"}, 100),
        (NUMBER, {"text": "3"}, 20),
        (NUMBER, {"text": "pi"}, 0),
        (NUMBER, {"text": "1e999"}, 0),
    ],
)
def test_a_response_earns_what_the_key_says(content, response, credit):
    assert grading.credit_for(content, response) == credit


def test_the_score_reaches_the_pass_mark_only_where_the_points_do():
    contents = [{**SINGLE, "question_id": str(number)} for number in range(3)]
    responses = {"0": {"choices": [2]}, "1": {"choices": [2]}}

    result = grading.grade(contents, responses, Decimal("66.67"))

    assert (result.points, result.max_points) == (2, 3)
    assert (result.score, result.is_passed) == (Decimal("66.66"), False)
    assert grading.grade(contents, responses, Decimal("66.66")).is_passed


def parts(number, of, *, points, chosen, taken=0):
    """A question of so many parts as right answers, of which some are chosen, beside as many wrong ones."""
    answers = [*(right(f"{place}") for place in range(of)), *(wrong(f"-{place}") for place in range(of))]
    content = {**question(QuestionType.MULTIPLE, *answers, points=points), "question_id": str(number)}
    return content, {"choices": [*range(1, chosen + 1), *range(of + 1, of + taken + 1)]}


@pytest.mark.parametrize(
    ("taken", "score"),
    [
        ([parts(1, 3, points=3, chosen=2), parts(2, 1, points=1, chosen=1)], 75),
        ([parts(1, 3, points=3, chosen=3, taken=1), parts(2, 1, points=1, chosen=1)], 75),
        ([*(parts(number, 3, points=1, chosen=1) for number in range(3)), parts(9, 1, points=1, chosen=0)], 25),
        ([*(parts(number, 7, points=1, chosen=3) for number in range(7)), parts(9, 1, points=5, chosen=0)], 25),
        ([parts(1, 7, points=1, chosen=5), parts(2, 3, points=1, chosen=2), parts(3, 21, points=1, chosen=13)],
         Decimal("66.66")),
    ],
)  # fmt: skip
def test_thirds_reach_the_mark_that_their_fractions_are(taken, score):
    contents = [content for content, _ in taken]
    responses = {content["question_id"]: response for content, response in taken}

    at, above = (
        grading.grade(contents, responses, mark) for mark in (Decimal(score), score + Decimal("0.01"))
    )

    assert (at.score, at.is_passed, above.is_passed) == (score, True, False)


def test_a_third_that_a_file_gives_is_a_third():
    """Other platforms write 33.33333; who types 33.33 means that."""
    for credit, points in (("33.33333", 1), ("66.66667", 2), ("33.33", Decimal("0.9999"))):
        asked = question(QuestionType.SINGLE, right("a"), {"text": "b", "credit": Decimal(credit)}, points=3)

        assert grading.grade([asked], {"SINGLE": {"choices": [2]}}, Decimal(0)).results["SINGLE"][
            "points"
        ] == str(points)


@pytest.mark.parametrize(
    ("kind", "answers", "where"),
    [
        (QuestionType.SINGLE, [right("a")], "answers"),
        (QuestionType.SINGLE, [wrong("a"), wrong("b")], "answers"),
        (QuestionType.SINGLE, [right("a"), right("a")], "answers"),
        (QuestionType.MULTIPLE, [wrong("a"), wrong("b")], "answers"),
        (QuestionType.MULTIPLE, [{"text": "a", "credit": Decimal(50)}, wrong("b")], "answers"),
        (QuestionType.TRUE_FALSE, [right("perhaps")], "answers.0.text"),
        (QuestionType.TRUE_FALSE, [right("true"), right("false")], "answers"),
        (QuestionType.NUMERIC, [right("many")], "answers.0.text"),
        (QuestionType.SHORT_TEXT, [{"text": "a", "credit": Decimal(50)}], "answers"),
        (QuestionType.SHORT_TEXT, [{"text": "a", "tolerance": Decimal(1)}], "answers.0.tolerance"),
        (
            QuestionType.SINGLE,
            [right("a"), wrong("b", is_correct=False, credit=Decimal(50))],
            "answers.1.credit",
        ),
    ],
)
def test_a_key_that_no_response_could_satisfy_is_refused(kind, answers, where):
    with pytest.raises(InvalidRequest) as refused:
        stored_answers(kind, answers)

    assert where in refused.value.details


def test_an_answer_keeps_its_id_and_a_new_one_gets_a_new_id():
    before = stored_answers(QuestionType.SINGLE, [right("a"), wrong("b")])

    after = stored_answers(
        QuestionType.SINGLE,
        [
            wrong("new"),
            {**right("b"), "id": before[1]["id"]},
            {**wrong("a"), "id": 1},
            {**wrong("c"), "id": 9},
        ],
        known={1, 2, 5},
    )

    assert [(each["id"], each["text"]) for each in after] == [(6, "new"), (2, "b"), (1, "a"), (7, "c")]


@pytest.mark.parametrize(
    "text", ["", "-", "1.2.3", "1,2,3", "NaN", "Infinity", "1e", "0x10", "1 000", "9" * 41]
)
def test_what_is_no_number_is_none(text):
    assert number_of(text) is None


def test_a_pattern_of_asterisks_takes_no_longer_than_the_text():
    accepted, response = "*a" * 500 + "*b", "a" * 1000

    assert seconds(lambda: matches(response, accepted, case_sensitive=False)) < 0.5


def test_more_right_choices_never_earn_less():
    earned = [grading.credit_for(THIRDS, {"choices": list(range(1, most + 1))}) for most in (1, 2, 3)]

    assert all(less < more for less, more in pairwise(earned))
