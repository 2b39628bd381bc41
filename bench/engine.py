"""Runs that a worker carries, against a floor: the same rows by one INSERT … SELECT inside the server.

The floor is that of `bench assign`. A sheet is staged as a request does it, and carried in this process by the code of
the job, chunk sizes included. Meanwhile a learner enrolls in the same course again and again: how long does that take
at worst, and without a run? Everything is measured in turns in one run; ratios carry over, times do not.
"""

from __future__ import annotations

import io
import statistics
import threading
import time
from collections.abc import Callable
from typing import Self
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app import create_app
from app.db.session import db, transaction
from app.enums import Role
from app.jobs import runs
from app.models.user import User
from app.services.assigning import assignments
from app.services.assigning.queued_runs import Accepted
from app.services.learning import enrolling, enrollments
from app.values.people import People
from app.values.sheet_file import SheetFile
from app.values.terms import Terms
from bench import assign, platform
from environment import config_from

SIZES = (10_000, 100_000)
LARGEST = 1_000_000
GOALS = {10_000: 1.3, 100_000: 1.5, LARGEST: 1.5}
WHOLE_GOAL = 2.0
NOTICES_GOAL = 2.5
MOST_WAIT_SECONDS = 0.1
SEVERAL_ROUNDS = 100_000
"""Up to this size a measurement is repeated."""


def measure(rounds: int) -> bool:
    """Print the table; return whether every goal was met. A single round leaves out the million."""
    sizes = (*SIZES, LARGEST) if rounds > 1 else SIZES
    with platform.running() as environment:
        application = create_app(config_from(environment))
        with application.app_context():
            platform.fill(max(sizes))
            print("lines           floor    run  of the floor   whole   notices   enroll at worst")
            met = [_compare(application, size, rounds if size <= SEVERAL_ROUNDS else 1) for size in sizes]
            return all(met)


def _compare(application: Flask, size: int, rounds: int) -> bool:
    floors, carried, whole, noticed, waits = [], [], [], [], []
    people = assign.people_of(size)
    for _ in range(min(rounds, 3)):
        floors.append(_time_floor(people))
        staging, carrying, waited = _time_run(application, people, notify=False)
        carried.append(carrying)
        whole.append(staging + carrying)
        waits.append(waited)
        noticed.append(sum(_time_run(application, people, notify=True)[:2]))
    floor = statistics.median(floors)
    ratio, all_ratio = statistics.median(carried) / floor, statistics.median(whole) / floor
    notice_ratio = statistics.median(noticed) / floor
    met = ratio <= GOALS[size] and all_ratio <= WHOLE_GOAL and max(waits) < MOST_WAIT_SECONDS
    print(
        f"{size:>9,}{floor:>10.2f} s{statistics.median(carried):>6.2f} s{ratio:>10.2f}"
        f"{all_ratio:>10.2f}{notice_ratio:>10.2f}{max(waits) * 1000:>12.0f} ms"
        f"  {'pass' if met else 'FAIL'} (goals {GOALS[size]}, {WHOLE_GOAL}, {NOTICES_GOAL}, 100 ms)",
        flush=True,
    )
    return met and notice_ratio <= NOTICES_GOAL


def _time_floor(people: list[str]) -> float:
    act = assign.writing(platform.make_course(), people, [assign.ENROLLMENTS, assign.LEDGER])
    return _seconds(act)


def _time_run(application: Flask, people: list[str], *, notify: bool) -> tuple[float, float, float]:
    """Seconds of staging the sheet, of carrying the run, and of the slowest enrollment beside it."""
    course_id = platform.make_course()
    sheet = ("user_id\n" + "\n".join(people) + "\n").encode()
    accepted: list[UUID] = []

    def stage() -> None:
        with transaction():
            admin = db.session.query(User).filter_by(role=Role.ADMIN).one()
            found = assignments.assign(
                admin, UUID(course_id), People(), Terms(notify=notify),
                file=SheetFile(io.BytesIO(sheet), "bench"), in_background=True,
            )  # fmt: skip
            if not isinstance(found, Accepted):
                raise SystemExit("The run was not left to a worker.")
            accepted.append(found.run.id)

    staging = _seconds(stage)
    with _Learner(application, course_id) as learner:
        carrying = _seconds(lambda: _carry(accepted[0]))
    _check(accepted[0], len(people))
    return staging, carrying, learner.longest


def _carry(run_id: UUID) -> None:
    while runs.carry(run_id, runs.SLICE_SECONDS):
        pass


class _Learner:
    """A learner who joins and leaves the course until the block ends."""

    def __init__(self, application: Flask, course_id: str) -> None:
        self._application, self._course_id = application, UUID(course_id)
        self._stop = threading.Event()
        self.longest = 0.0
        self._thread = threading.Thread(target=self._enroll)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _enroll(self) -> None:
        with self._application.app_context():
            with transaction():
                statement = text(
                    "INSERT INTO users (email, username, email_verified) VALUES"
                    " ('l' || uuid7() || '@example.org', 'l' || uuid7(), true) RETURNING id"
                )
                user_id = db.session.scalar(statement)
            while not self._stop.wait(0.02):
                joined: list[UUID] = []
                self.longest = max(
                    self.longest, _seconds(lambda joined=joined: joined.append(self._join(user_id)))
                )
                with transaction():
                    enrollments.leave(db.session.get_one(User, user_id), joined[0])

    def _join(self, user_id: UUID) -> UUID:
        with transaction():
            return enrolling.enroll(db.session.get_one(User, user_id), self._course_id).id


def _check(run_id: UUID, size: int) -> None:
    counts = db.session.scalar(text("SELECT counts FROM assignments WHERE id = :id"), {"id": run_id})
    db.session.commit()
    if counts["assigned"] != size:
        raise SystemExit(f"Not all users were assigned: {counts}")


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
