"""Whole requests over HTTP: what they cost beside a bare callable, and beside a FastAPI twin, that give the same responses.

All run at once on the same servers and are asked in turns, over eight connections that are kept. The CPU time a request
takes, of the application and of PostgreSQL, is steadier than the rate when other work uses the machine. Only ratios within
one run carry over.
"""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from app import create_app
from app.db.session import db
from bench import contenders, jobs, load, platform
from bench.agreement import ask, differences
from bench.contenders import FLOOR, OURS, TWIN, Contender
from bench.jobs import JOBS, Job, Targets
from bench.load import Client, Request
from bench.usage import Postgres, cpu_seconds
from environment import config_from

SECONDS = 2
WRITES_A_TURN = 2_000
"""Sent to one contender in one turn, at most."""

WARM, COUNTED = 20, 5
"""Requests before the messages are counted, so that connections are made; and those of which the least counts."""


@dataclass(frozen=True)
class Goal:
    """What we may cost at most, and have to serve at least, as multiples of the floor."""

    cpu: float
    rate: float | None = None


GOALS = {
    "list": Goal(cpu=1.8, rate=0.6),
    "search": Goal(cpu=2.3),
    "detail": Goal(cpu=2.5, rate=0.35),
    "mine": Goal(cpu=2.5, rate=0.35),
    "stats": Goal(cpu=2.8, rate=0.35),
    "enroll": Goal(cpu=2.1, rate=0.5),
    "complete": Goal(cpu=2.0, rate=0.5),
    "login": Goal(cpu=1.15),
}
"""Assigning one user has no goal here: the bench of bulk assignment holds its statements to one."""


@dataclass(frozen=True)
class Turn:
    """Requests a second, and CPU microseconds a request."""

    rate: float
    application: float
    database: float


@dataclass(frozen=True)
class Cost:
    """The medians of a contender's turns, and the messages that one request sends to PostgreSQL."""

    rate: float
    application: float
    database: float
    messages: int

    @property
    def cpu(self) -> float:
        return self.application + self.database


@dataclass
class Asking:
    """One job: sends its requests to any contender, and no write twice."""

    job: Job
    targets: Targets
    client: Client
    postgres: Postgres
    used: int = 0

    def take_turn(self, contender: Contender, seconds: float) -> Turn:
        requests = self.take(WRITES_A_TURN)
        start = cpu_seconds(contender.master), cpu_seconds(self.postgres.pid)
        answered = self.client.send(contender.port, requests, seconds)
        end = cpu_seconds(contender.master), cpu_seconds(self.postgres.pid)
        if answered.failed:
            raise SystemExit(f"{self.job.name}: {contender.name} answered {dict(answered.statuses)}")
        if self.job.is_write:
            self.used -= len(requests) - answered.sent
        spent = [1e6 * (late - early) / answered.number for early, late in zip(start, end, strict=True)]
        return Turn(answered.rate, *spent)

    def messages(self, contender: Contender) -> int:
        for _ in range(WARM):
            ask(contender.port, self.one())
        return min(self._messages_of(contender, self.one()) for _ in range(COUNTED))

    def _messages_of(self, contender: Contender, request: Request) -> int:
        return self.postgres.messages(lambda: ask(contender.port, request))

    def one(self) -> Request:
        return self.take(1)[0]

    def take(self, number: int) -> list[Request]:
        """So many fresh writes; of reads there is one."""
        if not self.job.is_write:
            return [self.job.make(self.targets, 0)]
        start, self.used = self.used, self.used + number
        if self.used > self.job.targets:
            raise SystemExit(f"{self.job.name}: no fresh targets are left; ask for fewer rounds.")
        return [self.job.make(self.targets, place) for place in range(start, self.used)]


def measure(
    rounds: int, *, seconds: int = SECONDS, only: Collection[str] = (), without: Collection[str] = ()
) -> bool:
    """Print a table for each job; return whether every goal was met."""
    with platform.running() as environment, tempfile.TemporaryDirectory(prefix="rollcall-bench-") as media:
        settings = {**environment, **platform.production(media)}
        config = config_from(settings)
        app = create_app(config)
        with app.app_context(), db.engine.connect() as opened, load.client() as client:
            connection = opened.execution_options(isolation_level="AUTOCOMMIT")
            targets = jobs.fill(connection, config)
            with contenders.serving(settings, has_twin=TWIN not in without) as present:
                _introduce(rounds, seconds)
                asked = [Asking(JOBS[name], targets, client, Postgres(connection)) for name in only or JOBS]
                met = [_measure(each, present, rounds, seconds) for each in asked]
    return all(met)


def _measure(asking: Asking, present: Sequence[Contender], rounds: int, seconds: int) -> bool:
    _compare(asking, present)
    messages = {each.name: asking.messages(each) for each in present}
    turns: dict[str, list[Turn]] = {each.name: [] for each in present}
    for _ in range(rounds + 1):
        for each in random.sample(present, len(present)):
            turns[each.name].append(asking.take_turn(each, seconds))
    costs = {
        name: _cost(taken[1:], messages[name]) for name, taken in turns.items()
    }  # the first was to warm up
    return _report(asking.job.name, costs)


def _compare(asking: Asking, present: Sequence[Contender]) -> None:
    answers = {each.name: ask(each.port, asking.one()) for each in present}
    for name, answer in answers.items():
        found = list(differences(answers[OURS], answer, is_write=asking.job.is_write))
        if found:
            raise SystemExit(f"{asking.job.name}: {OURS} and {name} differ:\n" + "\n".join(found[:10]))


def _cost(turns: Sequence[Turn], messages: int) -> Cost:
    def median(of: Callable[[Turn], float]) -> float:
        return statistics.median(of(turn) for turn in turns)

    return Cost(
        median(lambda turn: turn.rate),
        median(lambda turn: turn.application),
        median(lambda turn: turn.database),
        messages,
    )


def _introduce(rounds: int, seconds: int) -> None:
    sender = "wrk where one request is repeated" if shutil.which("wrk") else "our own client"
    print(
        f"  {load.CONNECTIONS} connections, {sender}; medians of {rounds} rounds of {seconds} s", flush=True
    )


def _report(job: str, costs: Mapping[str, Cost]) -> bool:
    floor, goal = costs[FLOOR], GOALS.get(job)
    print(
        f"\n{job:<10}{'a second':>10}{'of floor':>10}{'CPU us: app':>14}{'database':>10}{'of floor':>10}",
        end="",
    )
    print(f"{'messages':>10}")
    for name, cost in costs.items():
        print(
            f"  {name:<8}{cost.rate:>10,.0f}{cost.rate / floor.rate:>10.2f}{cost.application:>14,.0f}"
            f"{cost.database:>10,.0f}{cost.cpu / floor.cpu:>10.2f}{cost.messages:>10}"
        )
    if goal is None:
        print("  (no goal)", flush=True)
        return True
    return _judge(goal, costs[OURS].cpu / floor.cpu, costs[OURS].rate / floor.rate)


def _judge(goal: Goal, cpu: float, rate: float) -> bool:
    met = cpu <= goal.cpu and (goal.rate is None or rate >= goal.rate)
    least = "" if goal.rate is None else f", rate >= {goal.rate}"
    print(
        f"  {OURS}: CPU {cpu:.2f}, rate {rate:.2f} (goal CPU <= {goal.cpu}{least}) {'pass' if met else 'FAIL'}",
        flush=True,
    )
    return met
