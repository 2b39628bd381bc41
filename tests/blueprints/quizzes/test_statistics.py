"""Statistics of a quiz, and its scores in the figures."""

from __future__ import annotations

from tests.support.http import data_of
from tests.support.quizzes import begin, take


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
