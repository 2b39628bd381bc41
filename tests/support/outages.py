"""Redis servers that fail: one that accepts connections and never answers, and one that is not running."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import NamedTuple

import pytest

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
