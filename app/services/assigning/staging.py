"""Staging of the lines of a run that a worker carries: batches in PostgreSQL, each of one course.

The request only parses and writes batches; whom a line names is decided chunk by chunk, by the same statement as in a
request. Lines are buffered by course, so that chunks are large even where a sheet mixes its courses, and at most
`MOST_BUFFERED` of them are in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, insert, select

from app.db.session import db
from app.enums import Outcome
from app.models.assignment import RETRIED, Assignment
from app.models.assignment_item import AssignmentItem
from app.models.assignment_stage import AssignmentBatch, AssignmentCourse
from app.services.assigning.repeats import Repeats
from app.values import moments
from app.values.identifiers import PARSERS, Parsed, parsed
from app.values.people import People, problem_of, storable

BATCH_LINES = 250
"""The smallest part of a run that a chunk may have, and the finest step of its adaptation."""

FLUSHED_LINES = 5_000
MOST_BUFFERED = 25_000
READ_AT_ONCE = 5_000

UNRESOLVED = ("course_not_found", "identifiers_disagree")
"""Codes of lines whose sheet has to be mended: tried again as they are, they would be refused or guessed at."""

_AS_SENT = (
    AssignmentItem.input,
    AssignmentItem.kind,
    AssignmentItem.course_id,
    AssignmentItem.outcome,
    AssignmentItem.code,
    AssignmentItem.sent_due_at,
    AssignmentItem.sent_course,
)


class StagedLine(NamedTuple):
    """One line as it was sent. `key` is what is looked up; a line with a `problem` has none."""

    row: int
    input: str
    kind: str
    key: str | None
    due_at: str | None = None
    sent_due_at: str | None = None
    sent_course: str | None = None
    problem: str | None = None
    other: str | None = None


class Staging:
    """The batches of one run, numbered in the order in which they are written."""

    def __init__(self, run: Assignment) -> None:
        self._run_id = run.id
        self._buffers: dict[UUID | None, list[StagedLine]] = {}
        self._buffered = 0
        self._repeats = Repeats()
        self.batches = 0
        self.lines: Counter[UUID | None] = Counter()

    def add(self, course_id: UUID | None, lines: Sequence[StagedLine]) -> None:
        buffer = self._buffers.setdefault(course_id, [])
        buffer.extend(lines)
        self._buffered += len(lines)
        self.lines[course_id] += len(lines)
        if len(buffer) >= FLUSHED_LINES:
            self._flush(course_id)
        while self._buffered > MOST_BUFFERED:
            self._flush(max(self._buffers, key=lambda each: len(self._buffers[each])))

    def finish(self, run: Assignment, courses: Iterable[UUID]) -> None:
        """Write what is left, and record the number of lines in all and by course."""
        for course_id in list(self._buffers):
            self._flush(course_id)
        named = list(dict.fromkeys([*courses, *(each for each in self.lines if each is not None)]))
        rows = [
            {
                "assignment_id": run.id,
                "course_id": course_id,
                "position": place,
                "requested": self.lines[course_id],
            }
            for place, course_id in enumerate(named, 1)
        ]
        if rows:
            db.session.execute(insert(AssignmentCourse), rows)
        run.batches, run.requested = self.batches, self.lines.total()
        run.looks_back = self._repeats.are_possible()
        db.session.flush()

    def _flush(self, course_id: UUID | None) -> None:
        lines = self._buffers.pop(course_id, [])
        self._buffered -= len(lines)
        batches = []
        for start in range(0, len(lines), BATCH_LINES):
            self.batches += 1
            batches.append(self._batch(course_id, lines[start : start + BATCH_LINES]))
        if batches:
            db.session.execute(insert(AssignmentBatch), batches)

    def _batch(self, course_id: UUID | None, lines: Sequence[StagedLine]) -> dict[str, object]:
        columns = dict(zip(StagedLine._fields, zip(*lines, strict=True), strict=True))
        self._repeats.add(course_id, zip(columns["kind"], columns["key"], strict=True))
        first, size = lines[0].row, len(lines)
        is_in_order = columns["row"] == tuple(range(first, first + size))
        return {
            "assignment_id": self._run_id,
            "number": self.batches,
            "course_id": course_id,
            "first_row": first,
            "size": size,
            "inputs": _array(columns["input"]),
            "keys": None if columns["key"] == columns["input"] else _array(columns["key"]),
            "kinds": _array(columns["kind"]),
            "rows": None if is_in_order else _array(columns["row"]),
            "due_dates": _sparse(columns["due_at"]),
            "sent_due_dates": _sparse(columns["sent_due_at"]),
            "sent_courses": _sparse(columns["sent_course"]),
            "problems": _sparse(columns["problem"]),
            "others": _sparse(columns["other"]),
        }


def stage_people(run: Assignment, people: People, courses: Sequence[UUID]) -> None:
    """Stage these people for each of these courses."""
    staging = Staging(run)
    add_people(staging, people, courses)
    staging.finish(run, courses)


def add_people(staging: Staging, people: People, courses: Sequence[UUID]) -> int:
    """Stage these people course by course. Returns the number of the last row."""
    row = 0
    for course_id in courses:
        for kind, texts in people.by_kind.items():
            for start in range(0, len(texts), BATCH_LINES):
                part = texts[start : start + BATCH_LINES]
                lines = [
                    _line(row + place, text, kind, parsed(kind, text)) for place, text in enumerate(part, 1)
                ]
                staging.add(course_id, lines)
                row += len(part)
    return row


def _line(row: int, text: str, kind: str, identifier: Parsed) -> StagedLine:
    return StagedLine(row, storable(text), kind, identifier.key, problem=problem_of(identifier))


def stage_again(run: Assignment, first: Assignment) -> None:
    """Stage the lines of another run that were refused or not reached, in its order; rows are numbered from 1."""
    staging = Staging(run)
    last = 0
    for part in _lines_of(first, AssignmentItem.outcome.in_(RETRIED)):
        _add(staging, [(row, sent) for row, sent in enumerate(part, last + 1)])
        last += len(part)
    staging.finish(run, courses_of(first))


def stage_plan(run: Assignment, plan: Assignment) -> None:
    """Stage all lines of a plan under their own numbers."""
    staging = Staging(run)
    for part in _lines_of(plan):
        _add(staging, [(sent.row, sent) for sent in part])
    staging.finish(run, courses_of(plan))


def _add(staging: Staging, lines: Iterable[tuple[int, Any]]) -> None:
    """Stage numbered lines; those of one course that follow each other are added at once."""
    for course_id, found in groupby(lines, key=lambda line: line[1].course_id):
        staging.add(course_id, [_staged(row, sent) for row, sent in found])


def _lines_of(run: Assignment, *conditions: ColumnElement[bool]) -> Iterator[Sequence[Any]]:
    """What was sent, read in parts."""
    lines = (
        select(AssignmentItem.row, *_AS_SENT)
        .where(AssignmentItem.assignment_id == run.id, *conditions)
        .order_by(AssignmentItem.row)
        .limit(READ_AT_ONCE)
    )
    last = 0
    while found := db.session.execute(lines.where(AssignmentItem.row > last)).all():
        yield found
        last = found[-1].row


def _staged(row: int, sent: Any) -> StagedLine:
    is_kept = sent.outcome == Outcome.INVALID or sent.code in UNRESOLVED
    problem = sent.code if is_kept else None
    moment = moments.read(sent.sent_due_at) if sent.sent_due_at and problem is None else None
    return StagedLine(
        row,
        sent.input,
        sent.kind or "external_id",
        parsed(sent.kind, sent.input).key if sent.kind in PARSERS and problem is None else None,
        moment.isoformat() if moment else None,
        sent.sent_due_at,
        sent.sent_course,
        problem,
    )


def courses_of(run: Assignment) -> list[UUID]:
    """The courses of a run, in its order."""
    if run.course_id is not None:
        return [run.course_id]
    named = select(AssignmentCourse.course_id).where(AssignmentCourse.assignment_id == run.id)
    return list(db.session.scalars(named.order_by(AssignmentCourse.position)))


def _array(values: Sequence[object]) -> str:
    return msgspec.json.encode(values).decode()


def _sparse(values: Sequence[object]) -> str | None:
    """None for a column without any value."""
    return None if values.count(None) == len(values) else _array(values)
