"""The cases of `make chaos-lab`: which part dies, what the operator does then, and what it may cost."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tools.lab import network
from tools.lab.deployment import NODES, POOLERS, STOP_SECONDS, Deployment
from tools.lab.programs import await_that
from tools.lab.tally import Goal

SEES_SECONDS = 0.5
"""Until the operator, or what promotes in their place, has noticed."""
CUT_SECONDS = 12.0
"""How long the load goes on while a machine is cut off: longer than the limits of the sockets."""

Fault = Callable[[Deployment], float | None]
"""Returns after how many seconds a sweep was on the primary, where that is a question."""


@dataclass(frozen=True)
class Case:
    about: str
    fault: Fault
    goal: Goal
    seconds: float = 25.0


def _web(lab: Deployment) -> None:
    lab.webs[NODES[0]].kill()


def _worker(lab: Deployment) -> None:
    lab.workers[NODES[0]].kill()


def _sweep(lab: Deployment) -> float:
    killed = time.monotonic()
    lab.sweeps[lab.sweeper()].kill()
    # The lock is free once the server has noticed.
    time.sleep(0.2)
    return lab.databases.sweep_seconds(killed)


def _redis(lab: Deployment) -> None:
    lab.stores.primary().kill()


def _pooler(lab: Deployment) -> None:
    lab.poolers[POOLERS[0]].kill()


def _primary(lab: Deployment) -> float:
    killed = time.monotonic()
    lab.databases.primary.program.kill()
    _promote(lab)
    return lab.databases.sweep_seconds(killed)


def _cable(lab: Deployment) -> float:
    """The machine runs on, and no connection to it is closed. It is switched off before it is connected again."""
    machine = lab.databases.primary.machine
    cut = time.monotonic()
    network.cut(machine)
    _promote(lab)
    seconds = lab.databases.sweep_seconds(cut)
    time.sleep(max(0.0, cut + CUT_SECONDS - time.monotonic()))
    lab.databases.end_former(machine)
    return seconds


def _promote(lab: Deployment) -> None:
    """What docs/operating.md asks of the operator."""
    time.sleep(SEES_SECONDS)
    lab.databases.promote()
    lab.point_poolers()


def _restart(lab: Deployment) -> None:
    for name, web in lab.webs.items():
        web.stop(signal.SIGTERM, STOP_SECONDS)
        web.start()
        await_that(f"the node {name} is ready", partial(lab.is_ready, name), 120)
        time.sleep(1)


CASES = {
    "web": Case("a web node is killed", _web, Goal()),
    "worker": Case("a worker is killed", _worker, Goal()),
    "sweep": Case("the sweep is killed", _sweep, Goal(sweep_seconds=20)),
    "redis": Case("the primary of Redis is killed", _redis, Goal()),
    "pooler": Case("one of two PgBouncers is killed", _pooler, Goal()),
    "primary": Case(
        "the primary of PostgreSQL is killed, a standby promoted",
        _primary,
        Goal(0.01, gap_seconds=6, sweep_seconds=20),
    ),
    "cable": Case("the primary's cable is cut, a standby promoted", _cable, Goal(0.01, sweep_seconds=20)),
    "restart": Case("both web nodes are restarted, one after the other", _restart, Goal()),
}
