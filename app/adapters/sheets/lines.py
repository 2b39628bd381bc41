"""Splitting a CSV file into cells: delimiter detection, and a limit on the length of a row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Self, TextIO

from app.errors.requests import MalformedBody

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_LONGEST_ROW = 100_000
"""Characters. Four million cells of a row would take eight times the memory of the file."""

_VISIBLE = re.compile(r"[^\r\n]")
_LINE = re.compile(r'(?:(?<![^,;\t|])"(?:[^"]|"")*+"|[^\r\n])++')
"""A quoted cell, which begins at a delimiter, may have line breaks. Possessive: no text makes it backtrack."""

_QUOTED = re.compile(r'"[^"]*"')
_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?[,;|\s]*', re.IGNORECASE)
"""The first line of a file that declares the delimiter for Excel."""


class Lines:
    """Every line that is not blank, from the header on; blank ones are counted. The text is read as they are taken.

    :param text: opened with `newline=""`, and able to go back to its beginning
    """

    def __init__(self, text: TextIO) -> None:
        line = _first_line(text.read(2 * _LONGEST_ROW))
        if "\0" in line:
            raise MalformedBody(
                "The file is not text in UTF-8: it has NUL characters. Save it as CSV in UTF-8."
            )
        declared = _SEPARATOR.fullmatch(line)
        self.delimiter = declared[1] if declared else max(DELIMITERS, key=_QUOTED.sub("", line).count)
        self.blank = 0
        text.seek(0)
        self._rows = self._read(text)
        if declared:
            next(self._rows)

    def __iter__(self) -> Iterator[list[str]]:
        return self._rows

    def __next__(self) -> list[str]:
        return next(self._rows)

    def _read(self, text: TextIO) -> Iterator[list[str]]:
        source = _Source(text)
        try:
            for cells in csv.reader(source, delimiter=self.delimiter, strict=True):
                source.begin_row()
                if any(map(str.strip, cells)):
                    yield cells
                else:
                    self.blank += 1
        except csv.Error as error:
            raise MalformedBody(f"Line {source.row_began} cannot be read as CSV: {error}.") from error


def _first_line(beginning: str) -> str:
    first = _VISIBLE.search(beginning)
    line = _LINE.match(beginning[first.start() : first.start() + _LONGEST_ROW]) if first else None
    return line[0] if line else ""


class _Source:
    """The text line by line, with the start and the length of the current row: a quoted cell may span many lines."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._lines = 0
        self.begin_row()

    def begin_row(self) -> None:
        self.row_began, self._taken = self._lines + 1, 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self._lines += 1
        self._taken += len(line)
        if self._taken > _LONGEST_ROW:
            raise csv.Error(f"a row has more than {_LONGEST_ROW:,} characters")
        return line
