"""Statements of frequent requests are built once per process: building one costs more CPU than running it."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.db.session import db
from tests.support.http import data_of


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


def test_nothing_is_built_to_identify_the_caller(executed, api, make):
    one, other = api.as_(make.student()), api.as_(make.instructor())

    with executed() as first:
        data_of(one.get("/auth/me"))
    with executed() as second:
        data_of(other.get("/auth/me"))

    assert first
    assert [id(statement) for statement in second] == [id(statement) for statement in first]
