"""What a submitted attempt shows of the key."""

from __future__ import annotations

import pytest

from app.enums import Reveal
from tests.support.http import data_of
from tests.support.quizzes import begin, take


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
