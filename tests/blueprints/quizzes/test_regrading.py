"""Regrading: attempts that were submitted are graded again by a key that was mended."""

from __future__ import annotations

from sqlalchemy import select

from app.enums import Reveal
from app.models import LessonProgress, QuizAttempt, QuizScore
from tests.support.http import data_of
from tests.support.quizzes import answered, begin, take


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
