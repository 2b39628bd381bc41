"""Fixtures of the tests of undo: an admin, a run of theirs, and counters that are right after each test."""

from __future__ import annotations

import pytest

from app.services.counters import verification
from tests.support.http import data_of


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def run(admin):
    """Carry out an order on these people; its report."""

    def send(course, *people, verb="assign", **body):
        sent = {"user_ids": [str(person.id) for person in people], "notify": False, **body}
        return data_of(admin.post(f"/courses/{course.id}/{verb}-multiple", json=sent))

    return send


@pytest.fixture(autouse=True)
def exact(app):
    """After each test every counter equals the rows that it counts."""
    yield
    with app.app_context():
        assert verification.verify().differences == []
