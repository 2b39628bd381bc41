"""User enumeration: no caller finds out who has an account. Response, headers, hashes and statements are the same for the known and the unknown.

Time is measured by `make bench ARGS=accounts`; here is counted what takes it.
"""

from __future__ import annotations

import re

import pytest
from argon2 import PasswordHasher

from app.adapters import passwords
from setting_parsers import Rate
from tests.support.http import data_of

PASSWORD = "Analytical-Engine-1843"
PEOPLE = {
    "known": {"password": PASSWORD},
    "without a password": {},
    "unverified": {"password": PASSWORD, "email_verified": False},
    "shut out": {"password": PASSWORD, "is_active": False},
    "an admin": {"password": PASSWORD, "role": "ADMIN"},
}
CALLS = {
    "login by email": ("/auth/login", lambda name: {"email": f"{name}@example.org", "password": "wrong"}),
    "login by username": ("/auth/login", lambda name: {"username": name, "password": "wrong"}),
    "forgot password": ("/auth/forgot-password", lambda name: {"email": f"{name}@example.org"}),
    "resend verification": ("/auth/resend-verification", lambda name: {"email": f"{name}@example.org"}),
}


@pytest.fixture
def hashings(monkeypatch):
    """How the password was compared: parameters of the hash, once each time."""
    seen = []
    verify = PasswordHasher.verify

    def counting_verify(hasher, stored, password):
        seen.append(stored.rsplit("$", 2)[0])
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting_verify)
    return seen


def told(response):
    """All that a response discloses, but for what differs from one to the next."""
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in {"X-Request-ID", "Date", "RateLimit-Remaining", "RateLimit-Reset"}
    }
    return response.status_code, headers, re.sub(rb'"request_id":"[^"]*"', b"", response.data)


@pytest.mark.parametrize("is_limited", [True, False])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("person", PEOPLE)
def test_known_and_unknown_cannot_be_distinguished(
    api, app, make, setting, statements, hashings, person, call, is_limited
):
    setting(ratelimit_enabled=is_limited)
    make.user(email="known1@example.org", username="known1", **PEOPLE[person])
    path, body = CALLS[call]
    with app.app_context():
        passwords.matches("to warm up", None)

    seen = {}
    for name in ("known1", "nobody"):
        hashings.clear()
        with statements() as counted:
            answer = api.post(path, json=body(name))
        seen[name] = told(answer), list(counted), list(hashings)

    assert seen["known1"] == seen["nobody"]
    assert len(seen["nobody"][2]) == (1 if "login" in call else 0)


@pytest.mark.parametrize("call", CALLS)
def test_the_known_and_the_unknown_are_throttled_alike(api, make, setting, call):
    setting(ratelimit_enabled=True)
    make.student(email="known1@example.org", username="known1", password=PASSWORD)
    path, body = CALLS[call]

    seen = {}
    for number, name in enumerate(("known1", "nobody")):
        where = {"REMOTE_ADDR": f"192.0.2.{number}"}
        answers = [api.post(path, json=body(name), environ_overrides=where) for _ in range(7)]
        seen[name] = [answer.status_code for answer in answers]

    assert seen["known1"] == seen["nobody"]
    assert seen["nobody"][-1] == 429


@pytest.mark.parametrize("budget", ["ratelimit_login_name", "ratelimit_login_everybody"])
def test_no_caller_learns_where_a_user_has_logged_in(api, make, setting, statements, hashings, budget):
    make.student(email="known1@example.org", username="known1", password=PASSWORD)
    make.student(email="known2@example.org", username="known2", password=PASSWORD)
    setting(ratelimit_enabled=True)

    def log_in(name, where, password="wrong"):
        body = {"username": name, "password": password}
        return api.post("/auth/login", json=body, environ_overrides={"REMOTE_ADDR": where})

    data_of(log_in("known1", "192.0.2.200", PASSWORD))
    setting(**{budget: Rate(3, 300)})
    seen = {}
    for number, name in enumerate(("known1", "known2", "nobody")):
        elsewhere = [log_in(name, f"192.0.2.{number}").status_code for _ in range(4)]
        hashings.clear()
        with statements() as counted:
            answer = log_in(name, "192.0.2.200")
        seen[name] = elsewhere[-1], but_for_the_wait(answer), list(counted), list(hashings)

    assert seen["known1"] == seen["known2"] == seen["nobody"]
    assert seen["known1"][0] == answer.status_code == 429
    assert data_of(log_in("known1", "192.0.2.200", PASSWORD))
    assert log_in("known2", "192.0.2.200", PASSWORD).status_code == 429


def but_for_the_wait(response):
    """A wait is given in seconds, and seconds pass while others are tried."""
    status, headers, body = told(response)
    assert 290 < int(headers.pop("Retry-After")) <= 300
    return status, headers, re.sub(rb"try again in [^.]*\.", b"", body)
