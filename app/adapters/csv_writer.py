"""CSV writing, protected against formula injection: a cell that a spreadsheet would run as a formula gets a quote in front."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

_FORMULA_STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\0",
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)
"""The full-width ones, too: spreadsheets in locales that use them treat them like the others."""


def header(columns: Sequence[str]) -> str:
    """The first line, with the byte order mark that lets spreadsheets read UTF-8."""
    return "\ufeff" + _write([column.replace(".", "_") for column in columns])


def line(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    """One row; a column such as `user.username` reaches into nested fields."""
    return _write([_cell(row, column) for column in columns])


def value_of(row: Mapping[str, Any], column: str) -> Any:
    value: Any = row
    for step in column.split("."):
        value = None if value is None else value.get(step)
    return value


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = value_of(row, column)
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _write(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
