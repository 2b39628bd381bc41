"""Connections of the pool: dead ones are noticed before a request uses them, and live ones cost no round trip."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from app import create_app
from app.db import pool
from app.db.session import db
from tests.support.http import data_of
from tests.support.waiting import until


@pytest.fixture
def engine(config):
    """The pool of another web process."""
    app = create_app(config)
    with app.app_context():
        yield db.engine
        db.engine.dispose()


@pytest.fixture
def pings(engine, monkeypatch):
    """The pings that were sent; each is sent for real."""
    sent, ping = [], engine.dialect.do_ping

    def note(connection):
        sent.append(connection)
        return ping(connection)

    monkeypatch.setattr(engine.dialect, "do_ping", note)
    return sent


def open_many(engine, number):
    """The process ids of so many connections, which are idle in the pool afterwards."""
    connections = [engine.connect() for _ in range(number)]
    found = [connection.scalar(text("SELECT pg_backend_pid()")) for connection in connections]
    for connection in connections:
        connection.close()
    return found


def end(janitor, pids):
    """End these connections at the server, as its restart does."""
    with janitor.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM unnest(:pids) pid"), {"pids": pids})
        alive = text("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(:pids)")
        until(lambda: connection.scalar(alive, {"pids": pids}) == 0)


def test_connections_that_the_server_ended_fail_no_statement(engine, _janitor):
    ended = open_many(engine, 5)
    end(_janitor, ended)

    fresh = open_many(engine, 5)

    assert not set(ended) & set(fresh)


def test_a_connection_in_use_is_not_pinged(engine, pings):
    [used] = open_many(engine, 1)

    assert open_many(engine, 1) == [used]
    assert pings == []


def test_a_connection_that_was_idle_is_pinged(engine, pings, monkeypatch):
    [used] = open_many(engine, 1)
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0)

    assert open_many(engine, 1) == [used]
    assert len(pings) == 1


@pytest.fixture
def taken(app):
    """How often a connection is taken from the pool, and how many are in use at each statement."""
    times, in_use = [], []
    with app.app_context():
        engine = db.engine

    def note_time(*_):
        times.append(1)

    def note_use(*_):
        in_use.append(engine.pool.checkedout())

    event.listen(engine, "checkout", note_time)
    event.listen(engine, "before_cursor_execute", note_use)
    yield times, in_use
    event.remove(engine, "checkout", note_time)
    event.remove(engine, "before_cursor_execute", note_use)
    assert engine.pool.checkedout() == 0


def test_a_read_keeps_the_connection_of_its_caller(api, make, taken):
    times, in_use = taken
    learner = api.as_(make.student())
    data_of(learner.get("/dashboard/stats"))
    times.clear()

    data_of(learner.get("/dashboard/stats"))

    assert len(times) == 1
    assert set(in_use) == {1}


@pytest.mark.parametrize("path", ["/users", "/auth/me", "/notices", "/courses?search=x", "/dashboard/admin"])
def test_a_read_by_the_session_holds_one_connection_at_a_time(api, make, taken, path):
    _times, in_use = taken

    data_of(api.as_(make.admin()).get(path))

    assert set(in_use) == {1}


def test_a_write_holds_one_connection_at_a_time(api, make, taken):
    _times, in_use = taken

    data_of(api.as_(make.student()).post(f"/courses/{make.course().id}/enroll"), 201)

    assert set(in_use) == {1}


@pytest.mark.parametrize("path", ["/courses?unknown=1", "/users"])
def test_a_connection_that_nothing_else_needs_goes_back(api, make, taken, path):
    times, _in_use = taken
    learner = api.as_(make.student())
    times.clear()

    learner.get(path)

    assert len(times) == 1  # the fixture checks that none is in use afterwards
