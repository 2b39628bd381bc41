"""Password hashing with Argon2id, its rate limit (a token bucket), and password strength.

Checking a password takes the same time for every login, known or not (timing equalization). Only a few are hashed at
once, so that a burst of logins costs time and not memory; in a flood most are refused, so that other requests get
through.
"""

from __future__ import annotations

import math
import os
import unicodedata
from functools import lru_cache
from pathlib import Path
from threading import BoundedSemaphore, Lock
from time import monotonic

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors.requests import Unavailable
from app.settings import settings
from setting_parsers import Rate

SHORTEST, LONGEST = 8, 128
AT_ONCE = max(1, (os.cpu_count() or 1) - 1)

_slots = BoundedSemaphore(AT_ONCE)


class HashingLimiter:
    """Limits how many requests that hash a password this process accepts.

    It is a token bucket: it refills at `rate`, holds the tokens of `BURST_SECONDS`, and each request takes one. A request
    that finds it empty gets a 503 at once. If it waited instead, a flood of logins would occupy all threads of the web
    process; and counting in the database would cost more than the rest of the response.
    """

    BURST_SECONDS = 4

    def __init__(self) -> None:
        self._lock = Lock()
        self._tokens = math.inf
        self._seen_at = monotonic()

    def acquire(self, rate: Rate) -> None:
        with self._lock:
            now = monotonic()
            passed, self._seen_at = now - self._seen_at, now
            per_second = rate.amount / rate.seconds
            self._tokens = min(max(1, self.BURST_SECONDS * per_second), self._tokens + passed * per_second)
            if self._tokens < 1:
                raise Unavailable("Too many users are logging in: try again in a moment.")
            self._tokens -= 1


_limiter = HashingLimiter()


def limit_hashing() -> None:
    """Take a token for a request that is about to hash a password, or refuse the request.

    Call it first: a refused request should have cost nothing yet.

    :raises Unavailable: when too many requests have come in the last seconds.
    """
    if settings().ratelimit_enabled:
        _limiter.acquire(settings().ratelimit_hashing)


def hash_of(password: str) -> str:
    with _slots:
        return _hasher().hash(_normal(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether the stored hash is of this password. Without a stored hash it is False, after the same work."""
    with _slots:
        try:
            _hasher().verify(stored or _dummy_hash(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made under other settings than today's."""
    return _hasher().check_needs_rehash(stored)


def weaknesses(
    password: str, *, first_name: str = "", last_name: str = "", username: str = "", email: str = ""
) -> list[str]:
    """What is wrong with a new password of this user, as sentences; empty for a good one.

    The checks apply to the normalized form, which is hashed: at login, another form of the same letters works, too.
    """
    typed, password = password, _normal(password)
    own = {
        _letters(name)
        for name in (
            first_name,
            last_name,
            first_name + last_name,
            last_name + first_name,
            username,
            email,
            email.partition("@")[0],
        )
    }
    found = {
        f"Must have {SHORTEST} to {LONGEST} characters.": not all(
            SHORTEST <= len(form) <= LONGEST for form in (typed, password)
        ),
        "Needs an upper-case letter.": not any(character.isupper() for character in password),
        "Needs a lower-case letter.": not any(character.islower() for character in password),
        "Needs a digit.": not any(character.isdigit() for character in password),
        "This password is too common: choose another one.": _core(password) in _common(),
        "Must not be your own name or address.": _letters(password) in own - {""},
    }
    return [sentence for sentence, is_true in found.items() if is_true]


def _hasher() -> PasswordHasher:
    return _hasher_with(settings().password_hash_memory_kib, settings().password_hash_passes)


def _dummy_hash() -> str:
    return _dummy_hash_with(settings().password_hash_memory_kib, settings().password_hash_passes)


@lru_cache
def _hasher_with(memory_kib: int, passes: int) -> PasswordHasher:
    return PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID)


@lru_cache
def _dummy_hash_with(memory_kib: int, passes: int) -> str:
    return _hasher_with(memory_kib, passes).hash("dummy")


@lru_cache
def _common() -> frozenset[str]:
    return frozenset(
        Path(__file__).with_name("common_passwords.txt").read_text(encoding="ascii").splitlines()
    )


def _core(password: str) -> str:
    """The password without the punctuation around it, which makes a common one no better."""
    return password.casefold().strip(" !?.,;:#*$+-_=~")


def _letters(text: str) -> str:
    return "".join(character for character in _normal(text).casefold() if character.isalpha())


def _normal(password: str) -> str:
    """The password in one Unicode form: keyboards compose an é, for example, in different ways."""
    return unicodedata.normalize("NFKC", password)
