"""Connections of the pool: dead ones are noticed before a request uses them, and live ones cost no round trip."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app import create_app
from app.db import pool
from app.db.session import db
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
