"""Lines of a run from a sheet: each row becomes a staged line for each of its courses, in constant memory.

Nothing is guessed: a damaged identifier, an unreadable date or shifted cells make the row's outcome, and the first filled
identifier decides; the others must not name another user.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

import msgspec

from app.adapters.sheets import CsvStream, NdjsonStream, SheetStream, StreamedRow
from app.errors.base import InvalidRequest
from app.errors.bulk import TooManyPeople
from app.models.assignment import Assignment
from app.schemas.assignment_columns import DECIDING, TARGETS
from app.services.assigning.course_refs import CourseRefs
from app.services.assigning.staging import StagedLine, Staging
from app.values import moments
from app.values.identifiers import PARSERS
from app.values.people import shortened, storable
from app.values.sheet_file import SheetFile

MOST_LINES = 1_000_000
ROWS_AT_ONCE = 1_000
LONGEST_DUE, LONGEST_COURSE = 64, 254
MOST_ERRORS = 20


class SheetLines:
    """Stages the rows of one sheet.

    :param courses: for rows that name none
    :param is_one_course: the call is about one course, and a row that names another is refused
    """

    def __init__(
        self,
        staging: Staging,
        sheet: SheetFile,
        refs: CourseRefs,
        courses: Sequence[UUID],
        *,
        is_one_course: bool,
    ) -> None:
        self._staging, self._sheet, self._refs = staging, sheet, refs
        self._courses, self._is_one_course = courses, is_one_course
        self._rows = 0
        self._streams: list[SheetStream] = []

    def stage(self, run: Assignment, first_row: int) -> None:
        """Stage every row, numbered from `first_row`; where no row names a course, course by course."""
        is_by_course = len(self._courses) > 1 and not self._open().has_column("course")
        stream = self._open()
        row = self._stage(stream, first_row, self._courses[:1] if is_by_course else self._courses)
        if is_by_course:
            for course_id in self._courses[1:]:
                row = self._stage(self._open(), row, [course_id])
        self._refuse_unusable(stream)
        run.sheet = {
            "encoding": stream.encoding,
            "delimiter": stream.delimiter,
            "columns": list(stream.columns),
            "ignored_columns": stream.ignored_columns,
            "rows": self._rows,
            "blank_rows": stream.blank_rows,
        }

    def _open(self) -> SheetStream:
        kind = NdjsonStream if self._sheet.is_ndjson else CsvStream
        self._rows = 0
        # A stream that is collected closes the file, which is read once more for the next course.
        self._streams.append(kind(self._sheet.file, TARGETS, one_of=DECIDING))
        return self._streams[-1]

    def _stage(self, stream: SheetStream, row: int, courses: Sequence[UUID]) -> int:
        rows = iter(stream)
        while found := list(islice(rows, ROWS_AT_ONCE)):
            names = [each.values["course"] for each in found if "course" in each.values]
            self._refs.learn(names)
            self._rows += len(found)
            if not names and len(courses) == 1:
                self._staging.add(courses[0], [_line(row + place, each) for place, each in enumerate(found)])
                row += len(found)
                found = []
            for each in found:
                for course_id, line in self._lines(row, each, courses):
                    self._staging.add(course_id, (line,))
                    row += 1
            if row > MOST_LINES + 1:
                raise TooManyPeople(
                    f"A run takes at most {MOST_LINES:,} lines, people times courses. Nothing was written: split the sheet."
                )
        return row

    def _lines(
        self, row: int, found: StreamedRow, courses: Sequence[UUID]
    ) -> Iterator[tuple[UUID | None, StagedLine]]:
        line = _line(row, found)
        ref = found.values.get("course")
        if ref is None and courses:
            for place, each in enumerate(courses):
                yield each, line._replace(row=row + place)
            return
        course_id = None if ref is None else self._refs[ref]
        line = line._replace(sent_course=ref and shortened(ref, LONGEST_COURSE))
        if self._is_one_course and course_id != courses[0]:
            yield courses[0], _refused(line, "another_course")
        elif course_id is None:
            yield None, _refused(line, "course_not_found")
        else:
            yield course_id, line

    def _refuse_unusable(self, stream: SheetStream) -> None:
        if not self._rows:
            raise InvalidRequest(details={"file": ["The sheet has no row below its header."]})
        if not set(stream.columns) & set(DECIDING):
            raise InvalidRequest(details={"file": [f"No line names a user by {' or '.join(DECIDING)}."]})
        if self._sheet.is_strict and stream.ignored_columns:
            unknown = [f"Unknown column: {title}." for title in stream.ignored_columns[:MOST_ERRORS]]
            raise InvalidRequest(details={"file": unknown})


def _line(row: int, found: StreamedRow) -> StagedLine:
    values = found.values
    identifiers = [(kind, values[kind]) for kind in DECIDING if kind in values]
    kind, sent = identifiers[0] if identifiers else ("email", "")
    due = values.get("due_at")
    moment = moments.read(due) if due else None
    line = StagedLine(
        row,
        storable(sent),
        kind,
        PARSERS[kind](sent),
        moment.isoformat() if moment else None,
        due and shortened(due, LONGEST_DUE),
        other=_others(found, identifiers),
    )
    if found.is_stray:
        return _refused(line, "extra_cells")
    if kind in found.damaged:
        return _refused(line, "damaged_identifier")
    return _refused(line, "invalid_due_at") if due and moment is None else line


def _others(found: StreamedRow, identifiers: Sequence[tuple[str, str]]) -> str | None:
    """The further identifiers of the row, as keys to look up."""
    others = [
        (kind, key)
        for kind, sent in identifiers[1:]
        if kind not in found.damaged and (key := PARSERS[kind](sent))
    ]
    return msgspec.json.encode(others).decode() if others else None


def _refused(line: StagedLine, problem: str) -> StagedLine:
    return line._replace(key=None, due_at=None, problem=problem, other=None)
