"""Hashing is costly on purpose, so that only a few hash at once and no caller who waits is refused."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from threading import Lock

import pytest
from argon2 import PasswordHasher

from app.adapters import passwords
from config import Config
from tests.support.races import at_once

AT_ONCE = max(1, (os.cpu_count() or 1) - 1)
FEWEST_COMMON = 3_000


@pytest.fixture
def crowd(monkeypatch):
    """How many hash at the same time, noted whenever one begins."""
    seen, lock, busy = [], Lock(), []

    def slowly(_hasher, *_arguments):
        with lock:
            busy.append(1)
            seen.append(len(busy))
        time.sleep(0.05)
        with lock:
            busy.pop()
        return "hash"

    monkeypatch.setattr(PasswordHasher, "hash", slowly)
    monkeypatch.setattr(PasswordHasher, "verify", slowly)
    return seen


@pytest.mark.parametrize(
    "act", [lambda: passwords.hash_of("Difference-Engine-1822"), lambda: passwords.matches("wrong", "hash")]
)
def test_a_few_hash_at_once_and_the_others_wait(app, crowd, act):
    def call():
        with app.app_context():
            return act()

    answers = at_once(*[call] * 16)

    assert len(answers) == len(crowd) == 16
    assert max(crowd) == AT_ONCE


def test_one_who_fails_while_hashing_frees_the_place(app, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(PasswordHasher, "hash", fail)
    with app.app_context():
        for _ in range(2 * AT_ONCE):
            with pytest.raises(MemoryError):
                passwords.hash_of("Difference-Engine-1822")
        monkeypatch.undo()

        assert passwords.hash_of("Difference-Engine-1822").startswith("$argon2id$")


def test_the_default_cost_is_what_is_recommended_at_least():
    """OWASP's smallest: 19 MiB and two passes, in one lane."""
    config = Config(database_url="postgresql+psycopg2://", redis_url="redis://")

    assert (config.password_hash_memory_kib, config.password_hash_passes) >= (19 * 1024, 2)


def test_the_common_passwords_are_many_and_written_as_they_are_compared():
    listed = (
        Path(passwords.__file__).with_name("common_passwords.txt").read_text(encoding="ascii").split("\n")
    )

    words = [word for word in listed if word]
    assert len(set(words)) == len(words) >= FEWEST_COMMON
    assert [word for word in words if word != word.casefold() or re.search(r"\s", word)] == []


@pytest.mark.parametrize(
    ("length", "status"), [(1_500, 422), (100_000, 413)], ids=["too long", "too long to read"]
)
def test_what_is_too_long_is_refused_before_it_is_hashed(api, crowd, length, status):
    """Longer than a password may be, and longer than the body is read."""
    long = "Aa1" + "x" * (length - 3)

    login = api.post("/auth/login", json={"email": "ada@example.org", "password": long})
    register = api.post(
        "/auth/register",
        json={
            "email": "ada@example.org",
            "first_name": "Ada",
            "password": long,
            "password_confirm": long,
        },
    )

    assert (login.status_code, register.status_code) == (status, status)
    assert crowd == []
