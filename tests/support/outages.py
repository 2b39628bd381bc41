"""Servers that fail: Redis that accepts connections and never answers, or is not running; commits that PostgreSQL refuses."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import NamedTuple

import pytest
from sqlalchemy import text

from app.adapters import redis


class Silence(NamedTuple):
    url: str
    visits: list[socket.socket]
    """The connections made. After a timeout a client connects again, so there is one for every wait."""


@pytest.fixture
def silent_server():
    """A server that accepts connections and never answers."""
    visits = []

    def take():
        with contextlib.suppress(OSError):
            while True:
                visits.append(server.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as server:
        taking = threading.Thread(target=take)
        taking.start()
        yield Silence(f"redis://127.0.0.1:{server.getsockname()[1]}/0", visits)
        server.shutdown(socket.SHUT_RDWR)
        taking.join()
    for visit in visits:
        visit.close()


@pytest.fixture
def silence(silent_server):
    return silent_server.url


@pytest.fixture
def nowhere():
    """A URL with a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def without_redis(app):
    """Run the test with Redis unavailable: nothing listens on its port."""
    before = app.extensions["rollcall-redis"]
    app.extensions["rollcall-redis"] = redis.client("redis://127.0.0.1:1/0", timeout=0.2)
    yield
    app.extensions["rollcall-redis"].close()
    app.extensions["rollcall-redis"] = before


@pytest.fixture
def failing_commits(_janitor):
    """`with failing_commits("UPDATE ON users"):` no commit that has done this succeeds."""

    @contextlib.contextmanager
    def failing(event):
        with _janitor.connect() as connection:
            connection.execute(
                text(
                    "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
                    " $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'query_canceled'; END $$"
                )
            )
            connection.execute(
                text(
                    f"CREATE CONSTRAINT TRIGGER fails AFTER {event} DEFERRABLE INITIALLY DEFERRED"
                    " FOR EACH ROW EXECUTE FUNCTION fail()"
                )
            )
            try:
                yield
            finally:
                connection.execute(text("DROP FUNCTION fail() CASCADE"))

    return failing
