"""Bulk assignment against a baseline: the time PostgreSQL needs to write the same rows without the application.

The floor is plain INSERT … SELECT, in one transaction, from a table that is in the server already and holds the very
ids to write: no people to find, nothing to decide, no report. Everything is measured in turns in one run, each turn on
a course of its own, and the medians are compared, because only ratios within one run carry over.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from sqlalchemy import text

from app import create_app
from app.db.session import db, transaction
from app.enums import Role
from app.models.user import User
from app.services.assigning import assignments
from app.services.auth import sessions
from app.values.people import People
from app.values.terms import Terms
from bench import platform
from bench.web import Web, serving
from environment import config_from

SIZES = (2_498, 10_000)
GOALS = {"statements": 1.5, "call": 2.5, "call, notices": 4.0}
MOST_GROWTH_MB = 60.0
WARM_PEOPLE = 100


@dataclass
class Turns:
    """How long each way took, in seconds, turn by turn."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def time(self, way: str, act: Callable[[], object]) -> None:
        start = time.perf_counter()
        act()
        self.seconds.setdefault(way, []).append(time.perf_counter() - start)

    def median(self, way: str) -> float:
        return statistics.median(self.seconds[way])


def measure(rounds: int) -> bool:
    """Print the table; return whether every goal was met."""
    with platform.running() as environment:
        application = create_app(config_from(environment))
        with application.app_context():
            platform.fill(max(SIZES))
            token = _sign_in()
            with serving(environment, token) as web:
                growth = _memory(web)
                met = [_compare(web, size, rounds) for size in SIZES]
    met.append(growth < MOST_GROWTH_MB)
    print(f"\npeak memory of a warmed web process, 10,000 people: +{growth:.0f} MB", end="")
    print(f" (goal < {MOST_GROWTH_MB:.0f}) {_VERDICTS[met[-1]]}")
    return all(met)


def _compare(web: Web, size: int, rounds: int) -> bool:
    turns = Turns()
    people = people_of(size)
    for turn in range(rounds + 1):
        if turn == 1:
            turns = Turns()  # the first was to warm up
        _take_turns(web, turns, people)
    print(f"\n{size:,} people, medians of {rounds}            ms   of the floor")
    rows = {
        "floor": ("floor", None),
        "statements": ("floor", GOALS["statements"]),
        "call": ("floor", GOALS["call"]),
        "floor, notices": ("floor, notices", None),
        "call, notices": ("floor, notices", GOALS["call, notices"]),
    }
    met = True
    for way, (floor, goal) in rows.items():
        ratio = turns.median(way) / turns.median(floor)
        passes = goal is None or ratio <= goal
        met = met and passes
        verdict = "" if goal is None else f"  (goal {goal}) {_VERDICTS[passes]}"
        print(f"  {way:<24}{turns.median(way) * 1000:>12.0f}{ratio:>10.2f}{verdict}")
    return met


def _take_turns(web: Web, turns: Turns, people: list[str]) -> None:
    for way in random.sample(list(_WAYS), len(_WAYS)):
        course_id = platform.make_course()
        act = _WAYS[way](web, course_id, people)
        turns.time(way, act)


def _floor(_web: Web, course_id: str, people: list[str]) -> Callable[[], None]:
    return writing(course_id, people, [ENROLLMENTS, LEDGER])


def _floor_with_notices(_web: Web, course_id: str, people: list[str]) -> Callable[[], None]:
    return writing(course_id, people, [ENROLLMENTS, LEDGER, NOTICES])


def _statements(_web: Web, course_id: str, people: list[str]) -> Callable[[], None]:
    def act() -> None:
        with transaction():
            admin = db.session.query(User).filter_by(role=Role.ADMIN).one()
            assignments.assign(admin, UUID(course_id), People(user_ids=people), Terms(notify=False))

    return act


def _call(web: Web, course_id: str, people: list[str]) -> Callable[[], None]:
    return lambda: _post(web, course_id, people, notify=False)


def _call_with_notices(web: Web, course_id: str, people: list[str]) -> Callable[[], None]:
    return lambda: _post(web, course_id, people, notify=True)


_WAYS = {
    "floor": _floor,
    "statements": _statements,
    "call": _call,
    "floor, notices": _floor_with_notices,
    "call, notices": _call_with_notices,
}


def _post(web: Web, course_id: str, people: list[str], *, notify: bool) -> None:
    answer = web.post(f"/courses/{course_id}/assign-multiple", {"user_ids": people, "notify": notify})
    counts = msgspec.json.decode(answer)["data"]["counts"]
    if counts["assigned"] != len(people):
        raise SystemExit(f"Not all users were assigned: {counts}")


def writing(course_id: str, people: list[str], statements: list[str]) -> Callable[[], None]:
    """Stage what is to be written; the returned act writes it."""
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    db.session.execute(text("DROP TABLE IF EXISTS staged"))
    db.session.execute(text(_RUN), {"course_id": course_id})
    db.session.execute(text(_STAGED), {"people": people, "course_id": course_id})
    db.session.commit()
    db.session.execute(text("ANALYZE staged"))
    db.session.commit()

    def act() -> None:
        db.session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()

    return act


_RUN = """
INSERT INTO assignments (action, course_id, state, requested, created_by_id)
SELECT 'ASSIGN', CAST(:course_id AS uuid), 'APPLIED', 0, id FROM users WHERE role = 'ADMIN'
"""

_STAGED = """
CREATE TABLE staged AS
SELECT person.row, person.id AS user_id, uuid7() AS enrollment_id, run.course_id, run.created_by_id AS admin_id,
    run.id AS assignment_id
FROM unnest(CAST(:people AS uuid[])) WITH ORDINALITY AS person (id, row), assignments AS run
WHERE run.course_id = CAST(:course_id AS uuid)
"""

ENROLLMENTS = """
INSERT INTO enrollments (
    id, course_id, user_id, status, source, assigned_by, price_at_enrollment, currency, payment_status
)
SELECT enrollment_id, course_id, user_id, 'ACTIVE', 'ASSIGNED', admin_id, 0, 'USD', 'FREE' FROM staged
"""

LEDGER = """
INSERT INTO assignment_items (
    assignment_id, row, input, user_id, course_id, outcome, enrollment_id, after_status, after_source
)
SELECT assignment_id, row, user_id, user_id, course_id, 'assigned', enrollment_id, 'ACTIVE', 'ASSIGNED' FROM staged
"""

NOTICES = """
INSERT INTO notices (kind, channel, state, user_id, course_id, enrollment_id, assignment_id, sent_at)
SELECT 'ASSIGNMENT', channel, state, user_id, course_id, enrollment_id, assignment_id,
    CASE state WHEN 'SENT' THEN now() END
FROM staged, (VALUES ('EMAIL', 'QUEUED'), ('IN_APP', 'SENT')) AS channels (channel, state)
"""


def _memory(web: Web) -> float:
    """How far one call for all users raises the peak memory of a process that has answered small ones."""
    people = people_of(max(SIZES))
    for _ in range(20):
        _post(web, platform.make_course(), people[:WARM_PEOPLE], notify=True)
    before = web.resident_mb()
    web.reset_peak()
    _post(web, platform.make_course(), people, notify=True)
    return web.peak_mb() - before


def people_of(size: int) -> list[str]:
    """The same people in no order at all, as lists come from elsewhere."""
    statement = text(
        "SELECT CAST(id AS text) FROM users WHERE role = 'STUDENT' ORDER BY md5(email) LIMIT :size"
    )
    found = db.session.scalars(statement, {"size": size}).all()
    db.session.commit()
    return list(found)


def _sign_in() -> str:
    with transaction():
        admin = db.session.query(User).filter_by(role=Role.ADMIN).one()
        return sessions.open_session(admin).access


_VERDICTS = {True: "pass", False: "FAIL"}
