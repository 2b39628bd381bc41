"""Statements of frequent requests are built once per process: building one costs more CPU than running it."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.db.session import db


@pytest.fixture
def executed(app):
    """The statements of a block, as the objects that were given to the session."""

    @contextmanager
    def watching():
        seen = []

        def note(state):
            seen.append(state.statement)

        with app.app_context():
            event.listen(db.session, "do_orm_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.session, "do_orm_execute", note)

    return watching


REQUESTS = {
    "who the caller is": (lambda learner, _: learner.get("/auth/me"), 0),
    "a course": (lambda learner, lesson: learner.get(f"/courses/{lesson.course_id}"), 1),
    "enroll": (lambda learner, lesson: learner.post(f"/courses/{lesson.course_id}/enroll"), 3),
    "complete a lesson": (lambda learner, lesson: learner.post(f"/lessons/{lesson.id}/complete"), 1),
}
"""Requests, and how many of their statements are still built again for each."""


@pytest.mark.parametrize("what", REQUESTS)
def test_statements_that_are_built_again_for_the_same_request(executed, api, make, what):
    ask, expected = REQUESTS[what]
    executions = []

    for _ in range(2):
        learner, course = make.student(), make.course()
        section = make.section(course)
        lesson, _second = make.lesson(section), make.lesson(section)
        if what == "complete a lesson":
            make.enrollment(course, learner)
        client = api.as_(learner)
        with executed() as seen:
            answer = ask(client, lesson)
        assert answer.status_code in {200, 201}
        executions.append(seen)

    first, second = executions
    assert first
    assert len(first) == len(second)
    again = [statement for statement in second if not any(statement is known for known in first)]
    assert len(again) == expected, [str(statement) for statement in again]
