"""What a case has done to the clients: counted from their answers, and compared with its goals."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

FIRST_FAILURE = 500
HEAD = (
    "case", "requests", "failed", "gap s", "slowest s", "people lost/doubled", "mails lost/doubled", "verify",
    "sweep s", "result",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One try of a request; the status is 0 where there was no answer. Times are of one monotonic clock."""

    kind: str
    sent: float
    answered: float
    status: int
    is_repeat: bool = False

    @property
    def has_failed(self) -> bool:
        return self.status == 0 or self.status >= FIRST_FAILURE


@dataclass(frozen=True)
class Goal:
    """The most that a case may do."""

    failed_share: float = 0.0
    gap_seconds: float | None = None
    sweep_seconds: float | None = None


@dataclass(frozen=True)
class Losses:
    """What is not in the database, or there twice, after everything has been delivered."""

    people_lost: int = 0
    people_doubled: int = 0
    mails_lost: int = 0
    mails_doubled: int = 0
    differences: int = 0
    """of counters: `POST /dashboard/verify`"""


@dataclass(frozen=True)
class Tally:
    requests: int
    failed: int
    gap_seconds: float
    """the longest time without any answer below 500, though requests waited"""
    slowest_seconds: float
    slowest_kind: str = ""
    failures: Mapping[tuple[str, int], int] = field(default_factory=dict)
    refused: int = 0
    """answered 4xx, which the load never deserves"""


def tally(answers: Sequence[Answer]) -> Tally:
    """Requests are counted once, with their first try; how long they took includes the repeats."""
    first = [each for each in answers if not each.is_repeat]
    good = sorted(each.answered for each in answers if not each.has_failed)
    slowest = max(answers, key=lambda each: each.answered - each.sent, default=None)
    ends = [min((each.sent for each in answers), default=0.0), *good]
    return Tally(
        requests=len(first),
        failed=sum(each.has_failed for each in first),
        gap_seconds=max((after - before for before, after in itertools.pairwise(ends)), default=0.0),
        slowest_seconds=slowest.answered - slowest.sent if slowest else 0.0,
        slowest_kind=slowest.kind if slowest else "",
        failures=Counter((each.kind, each.status) for each in first if each.has_failed),
        refused=sum(400 <= each.status < FIRST_FAILURE for each in answers),
    )


def p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[max(0, -(-95 * len(seconds) // 100) - 1)]


def misses(counted: Tally, losses: Losses, goal: Goal, sweep_seconds: float | None = None) -> list[str]:
    """A sentence for each goal that was missed."""
    found = []
    if counted.failed and counted.failed >= goal.failed_share * counted.requests:
        found.append(
            f"{counted.failed} of {counted.requests} requests failed (goal: {_share(goal.failed_share)})"
        )
    if goal.gap_seconds is not None and counted.gap_seconds > goal.gap_seconds:
        found.append(f"no answer for {counted.gap_seconds:.1f} s (goal: {goal.gap_seconds:.0f} s)")
    if goal.sweep_seconds is not None and (sweep_seconds is None or sweep_seconds > goal.sweep_seconds):
        found.append(f"a sweep after {sweep_seconds or 0:.1f} s (goal: {goal.sweep_seconds:.0f} s)")
    if counted.refused:
        found.append(f"{counted.refused} requests were refused")
    for what, number in (
        ("people are lost", losses.people_lost),
        ("people are enrolled twice", losses.people_doubled),
        ("mails are lost", losses.mails_lost),
        ("counters differ", losses.differences),
    ):
        if number:
            found.append(f"{number} {what}")
    return found


def _share(share: float) -> str:
    return f"below {share:.0%}" if share else "none"


def row(
    name: str, counted: Tally, losses: Losses, sweep_seconds: float | None, missed: Sequence[str]
) -> tuple[str, ...]:
    """The cells of a case in the table."""
    return (
        name,
        str(counted.requests),
        str(counted.failed),
        f"{counted.gap_seconds:.1f}",
        f"{counted.slowest_seconds:.1f}",
        f"{losses.people_lost} / {losses.people_doubled}",
        f"{losses.mails_lost} / {losses.mails_doubled}",
        str(losses.differences),
        "" if sweep_seconds is None else f"{sweep_seconds:.1f}",
        "FAIL" if missed else "pass",
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """In Markdown, with aligned columns."""
    lines = [HEAD, *rows]
    widths = [max(len(line[number]) for line in lines) for number in range(len(HEAD))]
    written = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    return "\n".join((written[0], "| " + " | ".join("-" * width for width in widths) + " |", *written[1:]))
