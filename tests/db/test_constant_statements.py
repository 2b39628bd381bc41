"""Statements of frequent requests are built once per process, and are few: building one costs more CPU than running it."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy.sql import Delete, Insert, Select, Update

REQUESTS = {
    "list": (lambda learner, _: learner.get("/courses"), 2),
    "list_filtered": (lambda learner, _: learner.get("/courses?level=BEGINNER&min_price=1"), 2),
    "search": (lambda learner, _: learner.get("/courses?search=course"), 2),
    "course": (lambda learner, lesson: learner.get(f"/courses/{lesson.course_id}"), 2),
    "mine": (lambda learner, _: learner.get("/enrollments"), 2),
    "enroll": (lambda learner, lesson: learner.post(f"/courses/{lesson.course_id}/enroll"), 3),
    "complete": (lambda learner, lesson: learner.post(f"/lessons/{lesson.id}/complete"), 3),
    "stats": (lambda learner, _: learner.get("/dashboard/stats"), 2),
}
"""Requests, and how many statements each executes: one for the caller, one that reads or, for writes, one that locks and
one that writes."""


@contextmanager
def constructed(monkeypatch):
    """The SQLAlchemy statements that are constructed in a block."""
    made = []
    for kind in (Select, Insert, Update, Delete):
        initialize = kind.__init__

        def note(self, *arguments, _initialize=initialize, **options):
            made.append(type(self).__name__)
            _initialize(self, *arguments, **options)

        monkeypatch.setattr(kind, "__init__", note)
    yield made
    monkeypatch.undo()


@pytest.mark.parametrize("name", REQUESTS)
def test_a_frequent_request_builds_no_statement(api, make, monkeypatch, statements, name):
    ask, expected = REQUESTS[name]

    for is_first in (True, False):
        learner, course = make.student(), make.course()
        section = make.section(course)
        lesson, _second = make.lesson(section), make.lesson(section)
        if name == "complete":
            make.enrollment(course, learner)
        client = api.as_(learner)
        if name == "stats":
            ask(client, lesson)  # computes the figures: their version has changed
        with statements() as executed, constructed(monkeypatch) as made:
            answer = ask(client, lesson)
        assert answer.status_code in {200, 201}
        if not is_first:
            assert made == []
            assert [each for each in executed if not each.startswith("PREPARE")] == executed
            assert len(executed) == expected, executed
