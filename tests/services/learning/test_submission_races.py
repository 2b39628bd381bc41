"""Races about homework, on real connections: each has been seen to fail without its mechanism."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.db.session import db
from app.enums import LessonType, SubmissionState
from app.models import Certificate, Notice, Submission
from tests.support.http import data_of
from tests.support.races import at_once, outcomes

ROUNDS = 3


@pytest.fixture
def homework(api, make):
    """A learner and two graders of a course of one ASSIGNMENT lesson: clients, lesson and enrollment."""

    def start():
        owner = make.instructor()
        course = make.course(instructor=owner)
        lesson = make.lesson(make.section(course), type=LessonType.ASSIGNMENT)
        student = make.student()
        enrollment = make.enrollment(course, student)
        return api.as_(student), [api.as_(owner), api.as_(make.admin())], lesson, enrollment

    return start


@pytest.fixture
def counted(app):
    def count(model, *conditions):
        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(model).where(*conditions))

    return count


def submitting(client, lesson):
    return lambda: client.post(f"/lessons/{lesson.id}/submissions", json={"text": "What I think."})


def grading(client, submission_id, points):
    body = {"points": points, "max_points": 10}
    return lambda: client.post(f"/submissions/{submission_id}/grade", json=body)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_many_submissions_at_once_each_replaces_another_and_one_counts(homework, counted, _round):
    learner, _, lesson, enrollment = homework()

    answers = at_once(*[submitting(learner, lesson)] * 8)

    assert outcomes(answers) == {"201": 8}
    assert counted(Submission, Submission.state == SubmissionState.SUBMITTED) == 1
    assert counted(Submission, Submission.state == SubmissionState.REPLACED) == 7
    assert counted(Certificate, Certificate.enrollment_id == enrollment.id) == 1
    assert counted(Notice, Notice.enrollment_id == enrollment.id) == 2


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_two_graders_one_grades(homework, counted, _round):
    learner, graders, lesson, _ = homework()
    submission = data_of(submitting(learner, lesson)(), 201)

    answers = at_once(
        *(grading(client, submission["id"], points) for client in graders for points in (1, 2, 3))
    )

    assert outcomes(answers) == {"200": 1, "409 already_graded": 5}
    (won,) = [each.get_json()["data"]["points"] for each in answers if each.status_code == 200]
    assert data_of(learner.get(f"/submissions/{submission['id']}"))["points"] == won
    assert counted(Notice, Notice.kind == "SUBMISSION_GRADED") == 2


@pytest.mark.parametrize("_round", range(ROUNDS * 2))
def test_a_submission_that_is_being_graded_is_graded_or_replaced(homework, counted, _round):
    learner, (grader, _), lesson, _ = homework()
    first = data_of(submitting(learner, lesson)(), 201)

    graded, submitted = at_once(grading(grader, first["id"], 8), submitting(learner, lesson))

    assert (graded.status_code, submitted.status_code) in {(200, 409), (409, 201)}
    state = data_of(learner.get(f"/submissions/{first['id']}"))["state"]
    assert state == ("GRADED" if graded.status_code == 200 else "REPLACED")
    assert counted(Submission, Submission.state != SubmissionState.REPLACED) == 1
