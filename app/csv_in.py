"""CSV files that people send: UTF-8 with or without its mark, commas or semicolons, a header that names the columns.

What is wrong with the file as a whole refuses it; what is wrong with one row is left to whoever reads the rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self

from app.errors import InvalidRequest, MalformedBody

_MOST_TROUBLES = 20
_LONGEST_ROW = 100_000
"""Characters. Four million cells of a row would take eight times the memory of the file."""


@dataclass(frozen=True)
class Row:
    """One line as it was sent, without its empty cells, and what they were found to mean, or what is wrong."""

    number: int
    cells: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    trouble: dict[str, list[str]] = field(default_factory=dict)


def read(content: bytes, columns: Collection[str], *, one_of: Collection[str], most: int) -> list[Row]:
    """The rows below the header, numbered from 1. Blank lines are none.

    :param columns: those that the file may have, in any order
    :param one_of: of these it needs at least one
    :param most: one row beyond these is read, so that it can be refused, and none after it: a row takes a hundred times
        the memory of its line
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise MalformedBody(f"The file is not UTF-8: byte {problem.start + 1} does not fit.") from problem
    header_line = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = ";" if header_line.count(";") > header_line.count(",") else ","
    lines = _lines(text, delimiter)
    header = [name.strip().lower() for name in next(lines, [])]
    _check_header(header, columns, one_of)
    return [_row(number, header, cells) for number, cells in enumerate(islice(lines, most + 1), 1)]


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    """Every line on which anything stands."""
    source = _Source(text)
    try:
        for cells in csv.reader(source, delimiter=delimiter, strict=True):
            source.begin_row()
            if any(cell.strip() for cell in cells):
                yield cells
    except csv.Error as problem:
        raise MalformedBody(f"Line {source.row_began} is not CSV that can be read: {problem}.") from problem


class _Source:
    """The text line by line; where the row that is read began, for a quoted cell may span many, and how long it is."""

    def __init__(self, text: str) -> None:
        self._text = io.StringIO(text, newline="")
        self._lines = 0
        self.begin_row()

    def begin_row(self) -> None:
        self.row_began, self._taken = self._lines + 1, 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self._lines += 1
        self._taken += len(line)
        if self._taken > _LONGEST_ROW:
            raise csv.Error(f"a row has more than {_LONGEST_ROW:,} characters")
        return line


def _check_header(header: list[str], columns: Collection[str], one_of: Collection[str]) -> None:
    unknown = (f"Unknown column: {name or 'without a name'}." for name in header if name not in columns)
    trouble = list(islice(unknown, _MOST_TROUBLES))
    trouble += [f"Column given more than once: {name}." for name in columns if header.count(name) > 1]
    if not trouble and not set(header) & set(one_of):
        trouble = [f"The first line names the columns, among them {' or '.join(one_of)}."]
    if trouble:
        raise InvalidRequest(details={"file": trouble[:_MOST_TROUBLES]})


def _row(number: int, header: list[str], cells: list[str]) -> Row:
    named = {name: cell for name, cell in zip(header, cells, strict=False) if cell.strip()}
    if len(cells) == len(header):
        return Row(number, named)
    return Row(number, named, trouble={"row": [f"It has {len(cells)} cells and the header {len(header)}."]})
