"""Clients that take their time: what they hold meanwhile, and what they may still do at the end."""

import contextlib
import json
import socket
import time

import pytest
from sqlalchemy import create_engine, text

from tests.http import PREFIX, data_of

ACCOUNT = {"email": "backdoor@example.org", "password": "Evil-Backdoor-1", "role": "ADMIN"}


@contextlib.contextmanager
def withholding(address, path, token, body):
    """Everything of a POST but the end of its body; yields a function that sends that and returns the status."""
    sent = json.dumps(body).encode()
    head = (
        f"POST {PREFIX}{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
    )

    with socket.create_connection(address, timeout=30) as client:
        client.sendall(head.encode() + sent[:1])
        time.sleep(0.5)  # for the server to come as far as it will

        def finish():
            client.sendall(sent[1:])
            return int(client.makefile("rb").readline().split()[1])

        yield finish


@pytest.mark.parametrize(
    "ending",
    [
        lambda chief, admin, _: chief.post(f"/users/{admin.id}/role", json={"role": "STUDENT"}),
        lambda chief, admin, _: chief.post(f"/users/{admin.id}/deactivate"),
        lambda chief, admin, _: chief.delete(f"/users/{admin.id}"),
        lambda _chief, _admin, own: own.post("/auth/logout-all"),
    ],
    ids=["demoted", "deactivated", "deleted", "logged out"],
)
def test_a_body_that_is_held_back_keeps_no_right(web, api, make, ending):
    admin, chief = make.admin(), api.as_(make.admin())
    own = api.as_(admin)

    with withholding(web, "/users", own.token, ACCOUNT) as finish:
        assert ending(chief, admin, own).status_code < 300
        answered = finish()

    assert answered == 401
    assert data_of(chief.get("/users?search=backdoor")) == []


def test_a_body_that_is_held_back_holds_no_connection_of_the_database(web, api, make, config):
    own = api.as_(make.student())
    engine = create_engine(config.database_url)
    open_transactions = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'"
    )

    with withholding(web, "/enrollments", own.token, {"course_id": "x"}) as finish:
        with engine.connect() as watcher:
            held = watcher.scalar(open_transactions)
        answered = finish()
    engine.dispose()

    assert (held, answered) == (0, 422)
