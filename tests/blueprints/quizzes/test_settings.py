"""The settings of a quiz."""

from __future__ import annotations

from tests.support.http import assert_refused, data_of


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
