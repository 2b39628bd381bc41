"""Time limits of attempts: the grace behind them, and attempts that are never submitted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.db.session import db, transaction
from app.models import LessonProgress, QuizScore
from app.services.quizzes import closing
from tests.support.http import assert_refused, data_of
from tests.support.quizzes import answered, begin


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


def test_times_are_those_of_the_database(taking):
    client, quiz, _ = taking(time_limit_seconds=60)

    attempt = begin(client, quiz)

    started, expires = (datetime.fromisoformat(attempt[name]) for name in ("started_at", "expires_at"))
    assert expires - started == timedelta(seconds=60)
    assert abs(datetime.now(UTC) - started) < timedelta(seconds=30)
    assert Decimal(attempt["seconds_left"]) == 60
