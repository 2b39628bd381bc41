"""Fixtures of the tests of quizzes: a course, its instructor, and a learner who takes a quiz."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.db.session import db, transaction


@pytest.fixture
def teacher(make):
    return make.instructor()


@pytest.fixture
def course(make, teacher):
    return make.course(instructor=teacher)


@pytest.fixture
def student(make):
    return make.student()


@pytest.fixture
def taking(api, make, course, student):
    """A learner's client, the quiz, and the enrollment."""

    def prepare(*, in_course=course, **quiz):
        enrollment = make.enrollment(in_course, student)
        return api.as_(student), make.quiz(in_course, **quiz), enrollment

    return prepare


@pytest.fixture
def sql(app):
    def run(statement, **values):
        with app.app_context(), transaction():
            db.session.execute(text(statement), values)

    return run
