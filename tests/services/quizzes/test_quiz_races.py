"""Races for attempts, on real connections: each has been seen to fail without its mechanism."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select, text

from app.db.session import db, transaction
from app.models import Certificate, Enrollment, QuizAttempt, QuizScore
from app.services.quizzes import closing
from tests.support.http import data_of
from tests.support.quizzes import answered, begin
from tests.support.races import at_once, outcomes

LEARNERS = 300
AT_ONCE = 30
ROUNDS = 3


@pytest.fixture
def sitting(api, make):
    """A learner's client with an attempt in progress."""

    def prepare(quiz, course):
        learner = make.student()
        make.enrollment(course, learner)
        client = api.as_(learner)
        return client, begin(client, quiz)

    return prepare


def test_three_hundred_learners_submit_at_once_and_nothing_is_lost(app, make, sitting):
    course = make.course()
    quiz = make.quiz(course, questions=5)
    seats = [sitting(quiz, course) for _ in range(LEARNERS)]
    barrier, answers = Barrier(AT_ONCE), []

    def submit(some):
        barrier.wait()
        for client, attempt in some:
            answers.append(client.post(f"/attempts/{attempt['id']}/submit", json=answered(attempt)))

    threads = [Thread(target=submit, args=(seats[number::AT_ONCE],)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes(answers) == {"200": LEARNERS}
    with app.app_context():
        graded = select(func.count()).where(QuizAttempt.submitted_at.is_not(None), QuizAttempt.score == 100)
        completed = select(func.count()).where(Enrollment.status == "COMPLETED")
        assert db.session.scalar(graded) == db.session.scalar(completed) == LEARNERS
        assert db.session.scalar(select(func.count()).select_from(Certificate)) == LEARNERS
        sums = text("SELECT sum(amount) FROM tallies WHERE name LIKE 'course/%/quiz/hundredths'")
        assert db.session.scalar(sums) == LEARNERS * 100 * 100


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_many_submits_of_one_attempt_one_grades_it(app, make, sitting, _round):
    course = make.course()
    quiz = make.quiz(course)
    client, attempt = sitting(quiz, course)
    bodies = [answered(attempt, with_text=each) for each in ("Right", "Wrong")] * 6

    answers = at_once(
        *(lambda body=body: client.post(f"/attempts/{attempt['id']}/submit", json=body) for body in bodies)
    )

    assert outcomes(answers) == {"200": 1, "409 attempt_submitted": 11}
    (won,) = (each for each in answers if each.status_code == 200)
    with app.app_context():
        stored = db.session.get_one(QuizAttempt, attempt["id"])
        assert float(stored.score) == data_of(won)["score"]
        assert db.session.scalar(select(QuizScore.best_score)) == stored.score


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_racing_starts_make_one_attempt(app, api, make, _round):
    course, learner = make.course(), make.student()
    quiz = make.quiz(course, max_attempts=1)
    make.enrollment(course, learner)
    client = api.as_(learner)

    answers = at_once(*[lambda: client.post(f"/lessons/{quiz.id}/attempts")] * 16)

    assert outcomes(answers) == {"201": 1, "409 attempt_open": 15}


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_learners_who_race_through_their_attempts_make_no_more_than_allowed(app, api, make, _round):
    course, learner = make.course(), make.student()
    quiz = make.quiz(course, max_attempts=3)
    make.enrollment(course, learner)
    client = api.as_(learner)

    def run():
        for _ in range(3):
            started = client.post(f"/lessons/{quiz.id}/attempts")
            if started.status_code == 201:
                client.post(f"/attempts/{data_of(started, 201)['id']}/submit", json={})

    at_once(*[run] * 8)

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(QuizAttempt)) <= 3
    left = data_of(client.get(f"/lessons/{quiz.id}/quiz"))["attempts_left"]
    assert left == 0


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_at_the_deadline_either_the_learner_submits_or_the_platform_does(
    app, make, sitting, _round, monkeypatch
):
    monkeypatch.setattr(closing, "MARGIN", closing.MARGIN * 0)
    course = make.course()
    quiz = make.quiz(course, time_limit_seconds=60, grace_seconds=0)
    seats = [sitting(quiz, course) for _ in range(6)]
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE quiz_attempts SET expires_at = now() + interval '0.3 seconds'"))

    def close():
        for _ in range(40):
            with app.app_context(), transaction():
                closing.close_expired()

    def submit(client, attempt):
        return client.post(f"/attempts/{attempt['id']}/submit", json=answered(attempt))

    answers = at_once(close, *(lambda seat=seat: submit(*seat) for seat in seats))[1:]

    assert set(outcomes(answers)) <= {"200", "409 attempt_submitted"}
    close()
    with app.app_context():
        attempts = db.session.scalars(select(QuizAttempt)).all()
        assert all(each.submitted_at for each in attempts)
        assert {each.score for each in attempts if not each.is_timed_out} <= {100}
        assert db.session.scalar(select(func.count()).select_from(QuizScore)) == len(seats)
