"""What grows with the platform: the statements behind each call, on a small platform and on a far larger one.

Compared are the shortest time in PostgreSQL of some rounds, because whatever else the machine does only adds to it, and
the rows read, each call by the same people with the same words.
A call grows when it takes more than twice as long and the difference is more than noise. What one person, one course
or one word has a share of everything of is measured on the large platform alone, against a time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from app import create_app
from app.db.session import db
from bench import dataset, platform
from bench.calls import LARGE_ONES, READS, WRITES, Call, Callers
from bench.dataset import Size
from bench.plans import reading, timing
from environment import config_from

SMALL = Size(courses=1_000, enrollments=50_000)
LARGE = Size(courses=100_000, enrollments=1_000_000)

MOST_GROWTH = 2.0
NOISE_MS = 4.0
LARGE_ONE_MS = 200.0
NOWHERE = "redis://127.0.0.1:1/0"

Figures = dict[str, "Cost"]


@dataclass(frozen=True)
class Cost:
    ms: float
    rows: float


def measure(rounds: int, size: Size = LARGE) -> bool:
    """Print the table for a large platform of this size; return whether nothing grows."""
    small, large = _costs(SMALL, READS, rounds), _costs(size, READS + LARGE_ONES, rounds)
    large_ones = {call.name: large.pop(call.name) for call in LARGE_ONES}
    print(f"\nbest of {rounds}{'':<78}ms small  ms large  ratio  rows small  rows large")
    grown = [name for name in small if _report(name, small[name], large[name])]
    print(f"\n{len(small) - len(grown)} of {len(small)} calls do not grow")
    _introduce(size, rounds)
    slow = [name for name, cost in large_ones.items() if _report_large(name, cost)]
    print(f"\n{len(large_ones) - len(slow)} of {len(large_ones)} take at most {LARGE_ONE_MS:.0f} ms")
    return not grown and not slow


def _costs(size: Size, reads: Sequence[Call], rounds: int) -> Figures:
    with platform.running() as environment:
        # Dashboards are computed each time: nothing is remembered.
        # What its absence has the application say is not of the table; an answer that fails ends the run by itself.
        config = dataclasses.replace(config_from(environment), redis_url=NOWHERE, log_level="CRITICAL")
        app = create_app(config)
        with app.app_context(), db.engine.connect() as connection:
            dataset.fill(connection.execution_options(isolation_level="AUTOCOMMIT"), size)
        callers = Callers.sign_in(app, size)
        figures = {call.name: _cost(callers, call, rounds) for call in reads}
        return figures | _costs_of_writes(callers, rounds)


def _cost(callers: Callers, call: Call, rounds: int) -> Cost:
    times = [_time(callers, call) for _ in range(rounds + 1)][1:]  # the first was to warm up
    return Cost(min(times), _rows(callers, call))


def _costs_of_writes(callers: Callers, rounds: int) -> Figures:
    """In turns, because the next undoes what one did."""
    times: dict[str, list[float]] = {call.name: [] for call in WRITES}
    for _ in range(rounds + 1):
        for call in WRITES:
            times[call.name].append(_time(callers, call))
    return {call.name: Cost(min(times[call.name]), _rows(callers, call)) for call in WRITES}


def _time(callers: Callers, call: Call) -> float:
    with timing(callers.engine) as seconds:
        callers.make(call)
    return sum(seconds) * 1_000


def _rows(callers: Callers, call: Call) -> float:
    with reading(callers.engine) as scans:
        callers.make(call)
    return sum(scan.rows for scan in scans)


def _report(name: str, small: Cost, large: Cost) -> bool:
    ratio = large.ms / small.ms if small.ms else 1.0  # an answer without a statement
    grows = ratio > MOST_GROWTH and large.ms - small.ms > NOISE_MS
    figures = f"{small.ms:>8.1f}{large.ms:>10.1f}{ratio:>7.1f}{small.rows:>12,.0f}{large.rows:>12,.0f}"
    print(f"  {name[:80]:<80}{figures} {'GROWS' if grows else ''}", flush=True)
    return grows


def _introduce(size: Size, rounds: int) -> None:
    courses, people = size.courses // size.owned, size.learners // size.crowd
    print(
        f"\nof one instructor with {courses:,} courses, one course with {people:,} people, and one word in every"
    )
    print(f"fifth course; best of {rounds}{'':<73}ms large{'':<21}rows large")


def _report_large(name: str, cost: Cost) -> bool:
    is_slow = cost.ms > LARGE_ONE_MS
    print(f"  {name[:80]:<80}{cost.ms:>18.1f}{cost.rows:>31,.0f} {'SLOW' if is_slow else ''}", flush=True)
    return is_slow
