"""Bulk calls by id: a report line for every row of the call, valid or not.

Nothing here reads or writes. A service locks and reads the rows that the ids name, decides about each, and writes the
decisions as a set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Protocol
from uuid import UUID

from app.errors.base import NotFound
from app.errors.bulk import TooManyPeople
from app.errors.requests import InvalidIdentifier
from app.values.identifiers import MOST_ROWS, as_id

DUPLICATE, NOT_FOUND = "duplicate", "not_found"
"""Outcomes that every such call has."""


@dataclass(frozen=True)
class ReportLine:
    row: int
    input: str
    id: UUID | None
    outcome: str
    code: str | None = None


class HasOutcome(Protocol):
    @property
    def outcome(self) -> str: ...


@dataclass(frozen=True)
class BulkReport:
    requested: int
    unique: int
    counts: dict[str, int]
    results: Sequence[object]


def refuse_too_many(rows: Sequence[object]) -> None:
    if len(rows) > MOST_ROWS:
        raise TooManyPeople(f"A call takes at most {MOST_ROWS:,} rows.")


def ids_in(inputs: Sequence[str]) -> list[UUID]:
    """The ids among the strings, without duplicates, in the order in which rows are locked."""
    refuse_too_many(inputs)
    return sorted({key for text in inputs if (key := as_id(text.strip()))})


def judge(inputs: Sequence[str], verdict: Callable[[UUID], tuple[str, str | None]]) -> list[ReportLine]:
    """A line for each string. `verdict` is called once per id, in the order of the call."""
    lines: list[ReportLine] = []
    seen: set[UUID] = set()
    for row, text in enumerate(inputs, 1):
        key = as_id(text.strip())
        if key is None:
            lines.append(ReportLine(row, text, None, NOT_FOUND, InvalidIdentifier.code))
            continue
        outcome, code = (DUPLICATE, None) if key in seen else verdict(key)
        if outcome == NOT_FOUND:
            lines.append(ReportLine(row, text, None, NOT_FOUND, NotFound.code))
            continue
        seen.add(key)
        lines.append(ReportLine(row, text, key, outcome, code))
    return lines


def count(lines: Iterable[HasOutcome], outcomes: Iterable[StrEnum]) -> dict[str, int]:
    """How many lines have each of these outcomes, zeros included."""
    counted = Counter(map(attrgetter("outcome"), lines))
    return {outcome.value: counted[outcome] for outcome in outcomes}


def report(lines: Sequence[HasOutcome], outcomes: type[StrEnum]) -> BulkReport:
    """The lines with their counts by outcome."""
    counts = count(lines, outcomes)
    return BulkReport(len(lines), len(lines) - counts[DUPLICATE], counts, lines)
