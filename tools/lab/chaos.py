"""`make chaos-lab`: every case under load, as often as asked, and the table of what it cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tools.lab import tally, verification
from tools.lab.cases import CASES, Case
from tools.lab.deployment import Deployment, Scene
from tools.lab.load import Load
from tools.lab.mail import Sink

BEFORE_SECONDS = 5.0

DESCRIPTION = """
The lab runs. `ip netns exec rclab-edge curl http://10.81.0.10/readyz` asks the load balancer;
`ip netns exec rclab-d1 bash` is a shell on a machine: edge, n1, n2 (nodes), d1, d2, d3 (databases), b1, b2 (poolers).
Ctrl-C removes it."""


@dataclass
class Lab:
    """What a case needs."""

    deployment: Deployment
    scene: Scene
    sink: Sink

    def __post_init__(self) -> None:
        self.load = Load(self.scene)


def run(lab: Lab, names: Sequence[str], times: int) -> bool:
    """Print the table; return whether every goal was met."""
    rows, all_missed = [], []
    for name in names:
        for turn in range(1, times + 1):
            row, missed = _run(lab, CASES[name], f"{name} {turn}")
            rows.append(row)
            all_missed += missed
    print(f"\n{tally.table(rows)}\n")
    for name in names:
        print(f"{name}: {CASES[name].about}")
    return not all_missed


def _run(lab: Lab, case: Case, name: str) -> tuple[tuple[str, ...], list[str]]:
    deployment = lab.deployment
    since = deployment.databases.primary.ask("SELECT clock_timestamp()")
    found: list[float | None] = []
    lab.load.run(case.seconds, lambda: found.append(case.fault(deployment)), BEFORE_SECONDS)
    counted = tally.tally(lab.load.answers)
    ended = time.monotonic()
    deployment.heal()
    losses = verification.losses(
        deployment.databases, lab.load.promises, lab.sink, admin=lab.scene.admin, since=since
    )
    sweep_seconds = found[0]
    missed = tally.misses(counted, losses, case.goal, sweep_seconds)
    row = tally.row(name, counted, losses, sweep_seconds, missed)
    print(
        f"  {'  '.join(row)}  (whole again, all mail sent: {time.monotonic() - ended:.0f} s later)",
        flush=True,
    )
    for sentence in missed:
        print(f"    {sentence}", flush=True)
    print(f"    slowest: {counted.slowest_kind}, {counted.slowest_seconds:.1f} s", flush=True)
    if counted.failures:
        print(f"    failed: {dict(counted.failures)}", flush=True)
    return row, missed
