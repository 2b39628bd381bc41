"""What slow and idle clients cost the others, and what PgBouncer costs in CPU time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from tools.lab import network
from tools.lab.crowds import crowd
from tools.lab.deployment import FRONT_PORT, NODES, WEB_PORT, Deployment, Scene, status
from tools.lab.load import Step, send
from tools.lab.programs import Program, await_that
from tools.lab.tally import p95

CROWDS = (
    ("no other clients", "none", 0),
    ("500 slow clients", "slow", 500),
    ("5,000 idle connections", "idle", 5_000),
)
ROUNDS = 3
CALLERS, CALLS = 4, 75
PAUSE_SECONDS = 0.05
MOST_TIMES = 1.2
PRICED_CALLS = 250
MOST_MILLISECONDS = 0.3
DIRECT_PORT = 8001


def of_crowds(scene: Scene) -> bool:
    """The p95 of learners' requests beside each crowd, in turns; whether it stays below 1.2 times that without one."""
    measured: dict[str, list[float]] = {name: [] for name, _, _ in CROWDS}
    failed = dict.fromkeys(measured, 0)
    for _ in range(ROUNDS):
        for name, kind, size in CROWDS:
            with crowd(kind, size):
                took = _calls(scene, CALLS, PAUSE_SECONDS)
            measured[name].append(p95([seconds for seconds, _ in took]))
            failed[name] += sum(code != 200 for _, code in took)
    plain, *others = (statistics.median(each) for each in measured.values())
    met = not any(failed.values()) and all(each <= MOST_TIMES * plain for each in others)
    print(
        f"\np95 of {CALLERS * CALLS} requests, the median of {ROUNDS} turns (goal: below {MOST_TIMES} times):"
    )
    for name, each in measured.items():
        middle = statistics.median(each)
        turns = ", ".join(f"{1e3 * one:.0f}" for one in each)
        print(
            f"  {name}: {1e3 * middle:.0f} ms, {middle / plain:.2f} times, {failed[name]} failed ({turns})",
            flush=True,
        )
    return met


def of_pooler(deployment: Deployment, scene: Scene) -> bool:
    """The same requests to a node through PgBouncer, and to one on the same machine that is connected directly."""
    pooled = deployment.webs[NODES[0]]
    direct = replace(
        pooled,
        name="web, direct",
        command=[*pooled.command[:-1], f"{network.address(NODES[0])}:{DIRECT_PORT}"],
        environment={
            **pooled.environment,
            "DATABASE_URL": deployment.databases.url(),
            "PROMETHEUS_MULTIPROC_DIR": "",
        },
        process=None,
    )
    direct.start()
    try:
        await_that("the direct node", partial(_is_ready, DIRECT_PORT), 120)
        costs = [_costs(deployment, scene, pooled, direct) for _ in range(ROUNDS)]
    finally:
        direct.stop()
    poolers, with_pooler, without = (1e3 * statistics.median(each) for each in zip(*costs, strict=True))
    price = poolers + max(0.0, with_pooler - without)
    print(f"\nCPU of GET /enrollments, the median of {ROUNDS} turns of {CALLERS * PRICED_CALLS} requests:")
    print(f"  PgBouncer {poolers:.2f} ms; web {with_pooler:.2f} ms through it, {without:.2f} ms directly")
    print(f"  its price: {price:.2f} ms (goal: {MOST_MILLISECONDS} ms)", flush=True)
    return price <= MOST_MILLISECONDS


def _costs(
    deployment: Deployment, scene: Scene, pooled: Program, direct: Program
) -> tuple[float, float, float]:
    """Seconds a request: of the poolers, of the web server behind them, and of the one without."""
    poolers = list(deployment.poolers.values())
    number = CALLERS * PRICED_CALLS
    before = _cpu_seconds(poolers), _cpu_seconds([pooled])
    _calls(scene, PRICED_CALLS, 0, WEB_PORT)
    after = _cpu_seconds(poolers), _cpu_seconds([pooled])
    before_direct = _cpu_seconds([direct])
    _calls(scene, PRICED_CALLS, 0, DIRECT_PORT)
    spent_directly = _cpu_seconds([direct]) - before_direct
    return (after[0] - before[0]) / number, (after[1] - before[1]) / number, spent_directly / number


def _cpu_seconds(programs: Sequence[Program]) -> float:
    return sum(program.cpu_seconds() for program in programs)


def _is_ready(port: int) -> bool:
    return status(network.address(NODES[0]), port) == 200


def _calls(scene: Scene, number: int, pause: float, port: int = 0) -> list[tuple[float, int]]:
    """Seconds and status of each call, of so many by each caller; to the load balancer, or to a port of the first node."""
    host = NODES[0] if port else network.EDGE

    def call(caller: int) -> list[tuple[float, int]]:
        took = []
        for turn in range(number):
            path = "/enrollments" if port or turn % 2 else "/courses"
            began = time.monotonic()
            step = Step("read", "GET", path, scene.learners[caller])
            code, _ = send(step, port=port or FRONT_PORT, host=network.address(host))
            took.append((time.monotonic() - began, code))
            time.sleep(pause)
        return took

    with ThreadPoolExecutor(CALLERS) as callers:
        return [each for took in callers.map(call, range(CALLERS)) for each in took]
