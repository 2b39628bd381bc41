"""Runs that a worker carries, against a floor: the same rows by one INSERT … SELECT inside the server.

The floor is that of `bench assign`, with the notices where the run has them. A sheet is read from its first byte and
staged as a request does it, and carried in this process by the code of the job, chunk sizes included. All is measured in
turns, and costs are CPU time, of PostgreSQL and of this process: other work on the machine changes that far less than it
changes the time on the clock, which is shown beside it. Ratios carry over, times do not.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from flask import Flask
from sqlalchemy import text

from app import create_app
from app.db.keyset import Place
from app.db.pages import fetch_page
from app.db.session import db
from app.enums import Mode
from app.services.assigning import assignments_items
from bench import assign, engine_runs, platform
from bench.learner import Learner
from bench.usage import Postgres, cpu_seconds
from environment import config_from

SIZES = (10_000, 100_000)
LARGEST = 1_000_000
STATEMENTS_GOALS = {10_000: 1.3, 100_000: 1.5, LARGEST: 1.5}
WHOLE_GOAL, NOTICES_GOAL = 2.0, 2.5
"""From 100,000 lines on."""

GROWTH_GOAL = 11.0
COMMIT_GOAL, UNDO_GOAL, PAGE_GOAL = 1.2, 1.5, 1.2
MOST_WAIT_SECONDS = 0.1
MOST_GROWTH_MB = 50.0
PAGE = 100
ALONE_SECONDS = 5.0
T = TypeVar("T")
VERDICTS = {True: "pass", False: "FAIL"}


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU time, and on the clock."""

    cpu: float
    clock: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.cpu + other.cpu, self.clock + other.clock)


class Meter:
    def __init__(self) -> None:
        connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._postgres = Postgres(connection).pid

    def cost(self, act: Callable[[], T]) -> tuple[T, Cost]:
        cpu, clock = self._cpu(), time.perf_counter()
        made = act()
        return made, Cost(self._cpu() - cpu, time.perf_counter() - clock)

    def _cpu(self) -> float:
        return cpu_seconds(self._postgres) + time.process_time()


def measure(rounds: int) -> bool:
    """Print the tables; return whether every goal was met. A single round leaves out the million."""
    sizes = (*SIZES, LARGEST) if rounds > 1 else SIZES
    with platform.running() as environment:
        application = create_app(config_from(environment))
        with application.app_context():
            platform.fill(max(sizes))
            return Bench(application, min(rounds, 3)).measure(sizes)


class Bench:
    def __init__(self, application: Flask, rounds: int) -> None:
        self._application, self._rounds, self._meter = application, rounds, Meter()
        self._met = True

    def measure(self, sizes: Sequence[int]) -> bool:
        whole = {size: self._compare(size) for size in sizes}
        if LARGEST in whole:
            self._judge("1,000,000 lines, of 100,000", whole[LARGEST] / whole[SIZES[-1]], GROWTH_GOAL)
        self._plans(SIZES[-1])
        for size in sizes[1:]:
            self._waits(size)
            self._memory(size)
        self._ledger(sizes[-1])
        return self._met

    def _judge(self, what: str, figure: float, goal: float, unit: str = "") -> None:
        passes = figure <= goal
        self._met = self._met and passes
        print(f"{what:<52}{figure:>9.2f}{unit}  (goal {goal:g}{unit}) {VERDICTS[passes]}", flush=True)

    def _compare(self, size: int) -> float:
        """CPU seconds of the whole run."""
        people = assign.people_of(size)
        kinds: dict[str, list[Cost]] = {}
        for _ in range(self._rounds if size < LARGEST else 1):
            for name, notify in (("", False), (", notices", True)):
                rows = [assign.ENROLLMENTS, assign.LEDGER, *([assign.NOTICES] if notify else [])]
                _, floor = self._meter.cost(assign.writing(platform.make_course(), people, rows))
                kinds.setdefault(f"floor{name}", []).append(floor)
                staged, carried = self._run(people, notify=notify)
                kinds.setdefault(f"statements{name}", []).append(carried)
                kinds.setdefault(f"whole{name}", []).append(staged + carried)
        cpu = {kind: statistics.median(each.cpu for each in costs) for kind, costs in kinds.items()}
        clock = {kind: statistics.median(each.clock for each in costs) for kind, costs in kinds.items()}
        print(
            f"\n{size:,} lines", "; ".join(f"{kind} {cpu[kind]:.2f} s of {clock[kind]:.2f}" for kind in cpu)
        )
        self._judge("statements, of the floor", cpu["statements"] / cpu["floor"], STATEMENTS_GOALS[size])
        if size > SIZES[0]:
            self._judge("whole job, of the floor", cpu["whole"] / cpu["floor"], WHOLE_GOAL)
            noticed = cpu["whole, notices"] / cpu["floor, notices"]
            self._judge("whole job with notices, of the floor with them", noticed, NOTICES_GOAL)
        return cpu["whole"]

    def _run(self, people: Sequence[str], *, notify: bool) -> tuple[Cost, Cost]:
        with engine_runs.sheet_of(people) as sheet:
            run_id, staged = self._meter.cost(
                partial(engine_runs.stage, platform.make_course(), sheet, notify=notify)
            )
        _, carried = self._meter.cost(partial(engine_runs.carry, run_id))
        engine_runs.check(run_id, len(people))
        return staged, carried

    def _plans(self, size: int) -> None:
        people = assign.people_of(size)
        with engine_runs.sheet_of(people) as sheet:
            run_id = engine_runs.stage(platform.make_course(), sheet)
        _, run = self._meter.cost(partial(engine_runs.carry, run_id))
        with engine_runs.sheet_of(people) as sheet:
            plan_id = engine_runs.stage(platform.make_course(), sheet, mode=Mode.PREVIEW)
        engine_runs.carry(plan_id)
        _, committed = self._meter.cost(partial(engine_runs.commit, plan_id))
        engine_runs.check(plan_id, size)
        _, undone = self._meter.cost(partial(engine_runs.undo, run_id))
        print()
        self._judge(
            f"commit of an unchanged preview of {size:,}, of the run", committed.cpu / run.cpu, COMMIT_GOAL
        )
        self._judge(f"undo of {size:,}, of the run", undone.cpu / run.cpu, UNDO_GOAL)

    def _waits(self, size: int) -> None:
        """How long a learner waits who enrolls in the course of a run, and in one without."""
        course_id = platform.make_course()
        with Learner(self._application, course_id) as alone:
            time.sleep(ALONE_SECONDS)
        with engine_runs.sheet_of(assign.people_of(size)) as sheet:
            run_id = engine_runs.stage(course_id, sheet)
        with Learner(self._application, course_id) as beside:
            engine_runs.carry(run_id)
        more = beside.slowest_hundredth - alone.slowest_hundredth
        self._judge(f"p99 of an enrollment beside {size:,} lines, more than alone", more * 1000, 100, " ms")

    def _memory(self, size: int) -> None:
        people = assign.people_of(size)
        for is_ndjson, form in ((False, "csv"), (True, "ndjson")):
            with engine_runs.sheet_of(people, is_ndjson=is_ndjson) as sheet:
                make = partial(engine_runs.stage, platform.make_course(), sheet, is_ndjson=is_ndjson)
                run_id, staged = engine_runs.growing(make)
            _, carried = engine_runs.growing(partial(engine_runs.carry, run_id))
            self._judge(f"peak memory of staging {size:,} lines of {form}", staged, MOST_GROWTH_MB, " MB")
            self._judge(f"peak memory of carrying {size:,} lines", carried, MOST_GROWTH_MB, " MB")

    def _ledger(self, size: int) -> None:
        """A page from the middle of the largest ledger, of the first."""
        statement = text("SELECT id FROM assignments WHERE requested = :size LIMIT 1")
        run_id = db.session.scalar(statement, {"size": size})
        places = {"first": None, "middle": Place([str(size // 2)])}
        shortest = dict.fromkeys(places, float("inf"))
        for _ in range(20):
            for name, place in places.items():
                db.session.rollback()
                listing = assignments_items.list_items(engine_runs.admin(), run_id)
                start = time.perf_counter()
                fetch_page(listing, page=1, size=PAGE, place=place)
                shortest[name] = min(shortest[name], time.perf_counter() - start)
        db.session.rollback()
        ratio = shortest["middle"] / shortest["first"]
        self._judge(f"page from the middle of {size:,} lines, of the first", ratio, PAGE_GOAL)
