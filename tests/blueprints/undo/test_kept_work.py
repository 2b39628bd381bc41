"""Work that an undo keeps: attempts at a quiz and homework since the run, and not those from before."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.db.session import db, transaction
from app.models import Enrollment, QuizAttempt
from tests.support.assigning import outcomes, undo
from tests.support.http import data_of
from tests.support.quizzes import begin

KEPT, UNDONE = [("kept_started", "kept_started")], [("undone", None)]


def save(learner, quiz):
    learner.put(f"/attempts/{begin(learner, quiz)['id']}", json={"responses": []})


def fail(learner, quiz):
    assert not data_of(learner.post(f"/attempts/{begin(learner, quiz)['id']}/submit", json={}))["is_passed"]


@pytest.fixture
def course(make):
    return make.course()


@pytest.fixture
def quiz(make, course):
    return make.quiz(course, questions=2)


@pytest.mark.parametrize("act", [begin, save, fail])
def test_who_takes_a_quiz_has_started(api, admin, make, run, stored, course, quiz, act):
    learner = make.student()
    first = run(course, learner)
    act(api.as_(learner), quiz)

    assert outcomes(data_of(undo(admin, first))) == KEPT
    assert stored(select(Enrollment.status)) == ["ACTIVE"]


@pytest.mark.parametrize("is_preview", [True, False])
def test_a_preview_decides_the_same(api, admin, make, run, course, quiz, is_preview):
    learner = make.student()
    first = run(course, learner)
    begin(api.as_(learner), quiz)

    assert outcomes(data_of(undo(admin, first, mode="preview" if is_preview else "run"))) == KEPT


def test_attempts_from_before_a_reactivation_keep_no_enrollment(api, admin, make, run, course, quiz):
    learner, own = make.student(), None
    own = api.as_(learner)
    own.post(f"/courses/{course.id}/enroll")
    fail(own, quiz)
    run(course, learner, verb="unassign")

    assert outcomes(data_of(undo(admin, run(course, learner)))) == UNDONE

    again = run(course, learner)
    fail(own, quiz)
    assert outcomes(data_of(undo(admin, again))) == KEPT


def test_an_attempt_that_goes_on_after_a_reactivation_keeps_it(api, app, admin, make, run, course, quiz):
    learner = make.student()
    own = api.as_(learner)
    own.post(f"/courses/{course.id}/enroll")
    attempt = begin(own, quiz)
    run(course, learner, verb="unassign")
    first = run(course, learner)
    assert data_of(undo(admin, first, mode="preview"))["counts"]["undone"] == 1

    data_of(own.put(f"/attempts/{attempt['id']}", json={"responses": []}))

    assert outcomes(data_of(undo(admin, first))) == KEPT


def test_homework_that_is_graded_after_a_reactivation_keeps_it(api, admin, make, run, course):
    homework, learner = make.lesson(make.section(course), type="ASSIGNMENT"), make.student()
    make.lesson(make.section(course))
    own = api.as_(learner)
    own.post(f"/courses/{course.id}/enroll")
    handed_in = data_of(own.post(f"/lessons/{homework.id}/submissions", json={"text": "Mine"}), 201)
    run(course, learner, verb="unassign")
    first = run(course, learner)
    assert data_of(undo(admin, first, mode="preview"))["counts"]["undone"] == 1

    grade = {"points": 5, "max_points": 10, "feedback": ""}
    data_of(admin.post(f"/submissions/{handed_in['id']}/grade", json=grade))

    assert outcomes(data_of(undo(admin, first))) == KEPT


def test_a_question_that_is_graded_again_is_no_work_of_the_learner(api, app, admin, make, run, course, quiz):
    learner = make.student()
    own = api.as_(learner)
    own.post(f"/courses/{course.id}/enroll")
    fail(own, quiz)
    run(course, learner, verb="unassign")
    first = run(course, learner)
    with app.app_context(), transaction():
        db.session.execute(update(QuizAttempt).values(score=QuizAttempt.score))

    assert outcomes(data_of(undo(admin, first))) == UNDONE
