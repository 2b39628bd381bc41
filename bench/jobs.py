"""The requests that people wait for, and a platform with enough fresh targets for those that write.

Reads are one request over and over. A write never meets its target twice: pairs of a learner and a course to join or to
be assigned to, and lessons that a learner has not done. Requests that follow each other are of other learners and courses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from argon2 import PasswordHasher
from sqlalchemy import Connection, text

from bench import dataset
from bench.load import Request
from bench.peers.tokens import Keys
from config import Config

SIZE = dataset.Size(courses=1_000, enrollments=50_000)
OPEN_SESAME = "Analytical-Engine-1843"

# No common divisor of the learners and of the courses and one: so that walking both at once meets every pair.
LEARNERS, COURSES = 301, 200
ATTENDED, LESSONS = 12, 20
ALWAYS_FRESH = 2**31
LOGGED_IN = 40
"""Learners who log in again and again: the first login from an address is another job."""

WORD = "pottery"
"""in the title of every fifth course"""


@dataclass(frozen=True)
class Targets:
    """Who asks, and for what; ids by kind, in the order of their numbers."""

    keys: Keys
    ids: dict[str, list[str]]
    tokens: dict[str, str] = field(default_factory=dict)

    def request(self, session: str, user: str, method: str, path: str, body: Any = None) -> Request:
        token = self.tokens.setdefault(session, self.keys.mint("access", user, session))
        return request(method, path, {"Authorization": f"Bearer {token}"}, body)

    def of_learner(self, number: int, method: str, path: str) -> Request:
        place = number % LEARNERS
        return self.request(self.ids["learner session"][place], self.ids["learner"][place], method, path)

    def of_reader(self, path: str) -> Request:
        return self.request(self.ids["reader session"][0], self.ids["reader"][0], "GET", path)


@dataclass(frozen=True)
class Job:
    name: str
    make: Callable[[Targets, int], Request]
    targets: int = 1
    """How many requests there are; one is sent over and over."""
    is_write: bool = False


def request(method: str, path: str, headers: dict[str, str], body: Any = None) -> Request:
    """As a proxy in front sends it."""
    forwarded = {
        "Host": "rollcall.example.org",
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Proto": "https",
    }
    content = {} if body is None else {"Content-Type": "application/json"}
    encoded = b"" if body is None else msgspec.json.encode(body)
    return Request(method, f"/api/v1{path}", {**forwarded, **headers, **content}, encoded)


def _enroll(targets: Targets, number: int) -> Request:
    learner, course = _pair(number)
    return targets.of_learner(learner, "POST", f"/courses/{targets.ids['open course'][course]}/enroll")


def _complete(targets: Targets, number: int) -> Request:
    """The last lesson of a course is left: what comes after it is another job."""
    enrollment, place = number % (LEARNERS * ATTENDED), number // (LEARNERS * ATTENDED)
    lesson = targets.ids["attended lesson"][enrollment // LEARNERS * LESSONS + place]
    return targets.of_learner(enrollment, "POST", f"/lessons/{lesson}/complete")


def _assign(targets: Targets, number: int) -> Request:
    learner, course = _pair(number)
    path = f"/courses/{targets.ids['assigned course'][course]}/assign"
    admin, session = targets.ids["admin"][0], targets.ids["admin session"][0]
    return targets.request(session, admin, "POST", path, {"user_id": targets.ids["learner"][learner]})


def _log_in(_targets: Targets, number: int) -> Request:
    login = {"username": f"learner{number % LOGGED_IN + 1}", "password": OPEN_SESAME}
    return request("POST", "/auth/login", {}, login)


def _pair(number: int) -> tuple[int, int]:
    return (number // COURSES + number) % LEARNERS, number % COURSES


JOBS = {
    job.name: job
    for job in (
        Job("list", lambda targets, _: targets.of_reader("/courses")),
        Job("search", lambda targets, _: targets.of_reader(f"/courses?search={WORD}")),
        Job("detail", lambda targets, _: targets.of_reader(f"/courses/{targets.ids['course'][0]}")),
        Job("mine", lambda targets, _: targets.of_reader("/enrollments")),
        Job("stats", lambda targets, _: targets.of_reader("/dashboard/stats")),
        Job("enroll", _enroll, LEARNERS * COURSES, is_write=True),
        Job("complete", _complete, LEARNERS * ATTENDED * (LESSONS - 1), is_write=True),
        Job("assign", _assign, LEARNERS * COURSES, is_write=True),
        Job("login", _log_in, is_write=True, targets=ALWAYS_FRESH),
    )
}


def fill(connection: Connection, config: Config) -> Targets:
    """Into an empty, migrated database. Needs AUTOCOMMIT."""
    dataset.fill(connection, SIZE)
    hasher = PasswordHasher(config.password_hash_passes, config.password_hash_memory_kib, parallelism=1)
    numbers = {
        "learners": LEARNERS,
        "courses": COURSES,
        "attended": ATTENDED,
        "lessons": LESSONS,
        "reader": SIZE.instructors + 2,
        "stored": hasher.hash(OPEN_SESAME),
    }
    for statement in _STATEMENTS:
        connection.execute(text(statement), numbers)
    connection.execute(text("VACUUM ANALYZE"))
    ids = {kind: list(connection.scalars(text(statement), numbers)) for kind, statement in _IDS.items()}
    return Targets(Keys(config.jwt_secret_key.encode()), ids)


_STATEMENTS = (
    """
    INSERT INTO users (id, email, username, first_name, last_name, role, email_verified, password_hash)
    SELECT key('learner', n), 'learner' || n || '@example.org', 'learner' || n, 'Ada', 'Learner', 'STUDENT', true, :stored
    FROM generate_series(1, :learners) AS n
    """,
    """
    INSERT INTO sessions (id, user_id, expires_at)
    SELECT key('learner session', n), key('learner', n), now() + interval '7 days' FROM generate_series(1, :learners) AS n
    UNION ALL SELECT key('reader session', 1), key('user', :reader), now() + interval '7 days'
    UNION ALL SELECT key('admin session', 1), key('user', 1), now() + interval '7 days'
    """,
    """
    INSERT INTO courses (id, code, slug, title, short_description, instructor_id, currency, status, published_at,
        lesson_count, enrollment_count, created_at)
    SELECT key(kind, n), initial || n, replace(kind, ' ', '-') || '-' || n, 'A course of the bench', 'Short.',
        key('user', 2), 'USD', 'PUBLISHED', now(), lessons, people, now() - interval '1001 days'
    FROM (VALUES ('open course', 'O-', :courses, 2, 0), ('assigned course', 'A-', :courses, 2, 0),
        ('attended course', 'T-', :attended, :lessons, :learners)) AS kinds (kind, initial, number, lessons, people),
        generate_series(1, number) AS n
    """,
    """
    INSERT INTO sections (id, course_id, title, position)
    SELECT key('of course', number), id, 'Part', 1
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM courses WHERE title = 'A course of the bench') AS made
    """,
    """
    INSERT INTO lessons (course_id, section_id, title, type, content, position)
    SELECT courses.id, sections.id, 'Lesson ' || place, 'TEXT', 'Some *text*.', place
    FROM courses JOIN sections ON sections.course_id = courses.id, generate_series(1, courses.lesson_count) AS place
    WHERE courses.title = 'A course of the bench'
    """,
    """
    INSERT INTO enrollments (course_id, user_id, source, price_at_enrollment, currency, payment_status)
    SELECT key('attended course', course), key('learner', learner), 'SELF', 0, 'USD', 'FREE'
    FROM generate_series(1, :attended) AS course, generate_series(1, :learners) AS learner
    """,
)

_IDS = {
    **{
        kind: f"SELECT CAST(key('{kind}', n) AS text) FROM generate_series(1, {number}) AS n ORDER BY n"
        for kind, number in {
            "learner": ":learners",
            "learner session": ":learners",
            "reader session": "1",
            "admin session": "1",
            "open course": ":courses",
            "assigned course": ":courses",
            "course": "1",
        }.items()
    },
    "reader": "SELECT CAST(key('user', :reader) AS text)",
    "admin": "SELECT CAST(key('user', 1) AS text)",
    "attended lesson": """
        SELECT CAST(lessons.id AS text)
        FROM generate_series(1, :attended) AS n JOIN lessons ON lessons.course_id = key('attended course', n)
        ORDER BY n, position
    """,
}
