"""A CSV file as rows, with a description of what was read: encoding, delimiter, and how the columns were matched."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Self

from app.adapters.sheets import titles
from app.adapters.sheets.decoding import decode
from app.adapters.sheets.lines import DELIMITERS, Lines
from app.adapters.sheets.titles import Column
from app.values import characters
from app.values.spreadsheet_cells import clean, damage_in


@dataclass(frozen=True)
class Row:
    """One row of a sheet, without its empty cells: its parsed values, or its errors."""

    number: int
    sent: dict[str, str]
    """the cells as the file has them, by the name of their column"""
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    is_damaged: bool = False
    """whether a spreadsheet has destroyed an identifier"""

    def with_errors(self, errors: dict[str, list[str]], *, is_damaged: bool = False) -> Self:
        return replace(self, values={}, errors=errors, is_damaged=is_damaged)


@dataclass(frozen=True)
class Sheet:
    rows: Sequence[Row]
    encoding: str
    delimiter: str
    columns: dict[str, str]
    """the title in the file of each column that was read"""
    ignored_columns: list[str]


def read(content: bytes, columns: Sequence[Column], *, one_of: Collection[str], most: int) -> Sheet:
    """The rows below the header, numbered from 1, with their cells as `values`. Blank lines are none.

    :param columns: those that the file may have, in any order; others are ignored
    :param one_of: names of columns of which it needs at least one
    :param most: one row beyond these is read, so that it can be refused, and none after it: a row takes a hundred times
        the memory of its line
    """
    decoded, encoding = decode(content)
    lines = Lines(io.StringIO(decoded, newline=""))
    header = titles.match(next(lines, []), columns, one_of=one_of)
    known = [column for column in columns if column.name in header.places]
    rows = [_row(number, header, known, cells) for number, cells in enumerate(islice(lines, most + 1), 1)]
    return Sheet(rows, encoding, DELIMITERS[lines.delimiter], header.titles, header.ignored)


def _row(number: int, header: titles.Header, columns: Sequence[Column], cells: Sequence[str]) -> Row:
    sent: dict[str, str] = {}
    values: dict[str, str] = {}
    damaged: dict[str, list[str]] = {}
    lost_identifier = False
    for column in columns:
        place = header.places[column.name]
        cell = cells[place] if place < len(cells) else ""
        value = clean(cell, is_identifier=column.is_identifier) if cell else ""
        if characters.is_blank(value):
            continue
        sent[column.name], values[column.name] = cell, value
        damage = damage_in(value, is_identifier=column.is_identifier)
        if damage:
            damaged[column.name] = [damage]
            lost_identifier |= column.is_identifier
    row = Row(number, sent, values)
    if header.is_stray(cells):
        return row.with_errors({"row": ["A cell has a value in a column without a title."]})
    return row.with_errors(damaged, is_damaged=lost_identifier) if damaged else row
