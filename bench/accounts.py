"""Attacks on the login: user enumeration by timing, and password guessing.

Known and unknown names take turns in one run; the medians are compared, and whether one kind of response tends to come
sooner than the other (Mann and Whitney's test). Guessing is measured in passwords
that were compared with the account's hash, with Redis and without.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import create_app
from app.adapters import passwords
from app.db.session import db, transaction
from app.models.user import User
from app.services.auth import sessions
from bench import platform
from config import Config
from environment import config_from
from setting_parsers import Rate

OPEN_SESAME = "Analytical-Engine-1843"
PEOPLE = 200
TRIES, ADDRESSES = 10_000, 100
DOUBLE_TABS = 500

MOST_CPU_MS = 30.0
MOST_DIFFERENCE = 0.05
LEAST_P = 0.01
MOST_GUESSES = 10

PREFIX = "/api/v1/auth"
ASKING: dict[str, tuple[str, Callable[[str], dict[str, str]]]] = {
    "login": ("/login", lambda email: {"email": email, "password": "wrong"}),
    "forgot-password": ("/forgot-password", lambda email: {"email": email}),
    "resend-verification": ("/resend-verification", lambda email: {"email": email}),
}


def measure(rounds: int) -> bool:
    """Print the table; return whether every goal was met."""
    with platform.running() as environment:
        config = config_from(environment)
        app = create_app(config)
        with app.app_context():
            platform.fill(PEOPLE)
            met = [_hash_cost()]
        met += [_enumeration(app, name, rounds) for name in ASKING]
        met.append(_places(create_app(_crowded(config)), rounds))
        met += [_refresh(app, grace) for grace in (config.refresh_grace_seconds, 0)]
        for where, url in (("with Redis", config.redis_url), ("without Redis", "redis://127.0.0.1:1/0")):
            guarded = dataclasses.replace(config, ratelimit_enabled=True, redis_url=url)
            met.append(_guessing(create_app(guarded), where))
    return all(met)


def _hash_cost() -> bool:
    stored = passwords.hash_of(OPEN_SESAME)
    costs = []
    for _ in range(50):
        start = time.process_time()
        passwords.matches("wrong", stored)
        costs.append((time.process_time() - start) * 1_000)
    cost = statistics.median(costs)
    return _report(f"a hash costs {cost:.1f} CPU-ms (goal <= {MOST_CPU_MS:.0f})", passes=cost <= MOST_CPU_MS)


def _crowded(config: Config) -> Config:
    """All users together have one try a day, each single user any number."""
    plenty = Rate(1_000_000, 1)
    return dataclasses.replace(
        config,
        ratelimit_enabled=True,
        ratelimit_hashing=plenty,
        ratelimit_login=plenty,
        ratelimit_login_name=plenty,
        ratelimit_login_address=plenty,
        ratelimit_login_everybody=Rate(1, 86_400),
    )


def _places(app: Flask, rounds: int) -> bool:
    """The known have logged in from here; the budget of all users is used up."""
    with app.app_context(), transaction():
        for user in db.session.query(User).filter(User.username.like("person%")):
            sessions.open_session(user, ip_address="127.0.0.1")
    with _clean(app):
        return _enumeration(app, "login", rounds, title="login beyond the budgets")


def _enumeration(app: Flask, name: str, rounds: int, title: str = "") -> bool:
    """Known and unknown in turns; each address is asked about once in a round."""
    _give_passwords(app)
    path, body = ASKING[name]
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    for turn in range(rounds + 1):
        asked = [("known", f"person{n}@example.org") for n in range(3, PEOPLE + 3)]
        asked += [("unknown", f"unknown{n}@example.org") for n in range(3, PEOPLE + 3)]
        random.shuffle(asked)
        for kind, email in asked:
            start = time.perf_counter()
            app.test_client().post(PREFIX + path, json=body(email))
            if turn:  # the first was to warm up
                took[kind].append(time.perf_counter() - start)
        _delete_mails(app)
    known, unknown = (statistics.median(took[kind]) for kind in ("known", "unknown"))
    difference, chance = abs(known - unknown) / unknown, _chance(took["known"], took["unknown"])
    result = f"{title or name}: {known * 1e3:.2f} ms known, {unknown * 1e3:.2f} ms unknown, {difference:.1%} apart, p = {chance:.2f}"
    return _report(
        f"{result}, n = 2 x {len(took['known'])} (goal <= {MOST_DIFFERENCE:.0%}, p > {LEAST_P})",
        passes=difference <= MOST_DIFFERENCE and chance > LEAST_P,
    )


def _guessing(app: Flask, where: str) -> bool:
    """Ten thousand tries at one account from a hundred addresses, four at a time."""
    _give_passwords(app)
    numbers = itertools.count()

    def try_(_: int) -> str:
        number = next(numbers)
        names = {"email": "person3@example.org"} if number % 2 else {"username": "person3"}
        answer = app.test_client().post(
            f"{PREFIX}/login",
            json={**names, "password": "wrong"},
            environ_overrides={"REMOTE_ADDR": f"192.0.2.{number % ADDRESSES}"},
        )
        return _outcome(answer)

    with _clean(app), ThreadPoolExecutor(4) as pool:
        start = time.perf_counter()
        seen = Counter(pool.map(try_, range(TRIES)))
        minutes = (time.perf_counter() - start) / 60
    guesses = seen["invalid_credentials"]
    allowed = MOST_GUESSES * math.ceil(minutes / 5)
    result = f"{TRIES:,} tries from {ADDRESSES} addresses {where}: {guesses} guesses in {minutes:.1f} min"
    is_met = guesses <= allowed and set(seen) <= {"invalid_credentials", "throttled", "unavailable"}
    return _report(f"{result}, {dict(seen)} (goal <= {allowed})", passes=is_met)


def _refresh(app: Flask, grace: int) -> bool:
    """Two tabs with one token at once, many times; and, once the grace is over, a thief."""
    app.extensions["rollcall-settings"] = dataclasses.replace(
        app.extensions["rollcall-settings"], refresh_grace_seconds=grace
    )
    seen: Counter[str] = Counter()
    alive = 0
    with ThreadPoolExecutor(2) as pool:
        for _ in range(DOUBLE_TABS):
            with app.app_context(), transaction():
                pair = sessions.open_session(db.session.query(User).filter_by(username="person3").one())
            answers = list(pool.map(lambda token: _exchange(app, token), [pair.refresh] * 2))
            seen.update(map(_outcome, answers))
            headers = {"Authorization": f"Bearer {pair.access}"}
            alive += app.test_client().get(f"{PREFIX}/me", headers=headers).status_code == 200
    what = f"{DOUBLE_TABS} tokens used twice" + ("" if grace else " after the grace")
    expected = {"200": DOUBLE_TABS, ("already_rotated" if grace else "token_invalid"): DOUBLE_TABS}
    is_met = seen == expected and alive == (DOUBLE_TABS if grace else 0)
    return _report(f"{what}: {dict(seen)}, {alive} sessions go on", passes=is_met)


def _exchange(app: Flask, token: str) -> TestResponse:
    return app.test_client().post(f"{PREFIX}/refresh", json={"refresh": token})


def _outcome(answer: TestResponse) -> str:
    body = answer.get_json()
    return str(answer.status_code) if body["success"] else str(body["error"]["code"])


def _give_passwords(app: Flask) -> None:
    with app.app_context(), transaction():
        stored = passwords.hash_of(OPEN_SESAME)
        db.session.execute(
            text("UPDATE users SET password_hash = :stored, email_verified = false"), {"stored": stored}
        )


def _delete_mails(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("TRUNCATE notices"))


@contextmanager
def _clean(app: Flask) -> Iterator[None]:
    with app.app_context(), transaction():
        db.session.execute(text("TRUNCATE attempts"))
    yield


def _chance(first: Sequence[float], second: Sequence[float]) -> float:
    """How likely a difference in rank like this one is by chance, two-sided, by the normal approximation."""
    ranked = sorted([(value, True) for value in first] + [(value, False) for value in second])
    ranks = sum(rank for rank, (_, is_first) in enumerate(ranked, start=1) if is_first)
    m, n = len(first), len(second)
    u = ranks - m * (m + 1) / 2
    z = (u - m * n / 2) / math.sqrt(m * n * (m + n + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def _report(what: str, *, passes: bool) -> bool:
    print(f"  {what} {'pass' if passes else 'FAIL'}", flush=True)
    return passes
