"""Which parts of a video were watched: sorted ranges of whole seconds that neither overlap nor touch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

Range = tuple[int, int]
"""From the first second to the one behind the last."""

FASTEST = 2.5
"""Seconds of a video that count in one second: players play twice as fast, and reports come a little irregularly."""

FIRST_SECONDS = 30
"""What the first report may say, before which no time was measured."""

LONGEST_GAP = 600.0
"""Seconds between two reports that count: more of them are one long absence, in which nothing was watched."""

_RANGE = re.compile(r"\[(\d+),(\d+)\)")


def allowance(elapsed: float | None) -> int:
    """How many seconds of a video a report may add.

    :param elapsed: seconds since the report before it; None for the first
    """
    return FIRST_SECONDS if elapsed is None else int(min(max(elapsed, 0.0), LONGEST_GAP) * FASTEST)


def extended(known: Sequence[Range], reported: Iterable[Range], *, most: int) -> list[Range]:
    """What is known to be watched, with what a report says: its first `most` seconds that are new."""
    taken: list[Range] = []
    for begin, end in _new_in(merged(reported), known):
        if most <= 0:
            break
        taken.append((begin, min(end, begin + most)))
        most -= end - begin
    return merged([*known, *taken])


def merged(ranges: Iterable[Range]) -> list[Range]:
    joined: list[Range] = []
    for begin, end in sorted(ranges):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def seconds_in(ranges: Iterable[Range]) -> int:
    return sum(end - begin for begin, end in ranges)


def within(ranges: Iterable[Range], length: int) -> list[Range]:
    """The parts of these ranges that are before the end of a video of this length."""
    return [(begin, min(end, length)) for begin, end in ranges if begin < length]


def from_database(text: str) -> list[Range]:
    """The ranges of a multirange as PostgreSQL writes it."""
    return [(int(begin), int(end)) for begin, end in _RANGE.findall(text)]


def for_database(ranges: Iterable[Range]) -> str:
    return "{" + ",".join(f"[{begin},{end})" for begin, end in ranges) + "}"


def _new_in(reported: Sequence[Range], known: Sequence[Range]) -> Iterable[Range]:
    """The parts of the one that the other does not have."""
    for begin, end in reported:
        place = begin
        for old_begin, old_end in known:
            if old_end <= place or old_begin >= end:
                continue
            if old_begin > place:
                yield place, old_begin
            place = max(place, old_end)
        if place < end:
            yield place, end
