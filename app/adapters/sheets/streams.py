"""Sheets of any size, row by row: CSV in every dialect that `read` takes, and NDJSON. No more than a row is in memory."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from app.adapters.sheets import titles
from app.adapters.sheets.decoding import MARKS, not_text, refuse_other_formats
from app.adapters.sheets.lines import Lines
from app.adapters.sheets.titles import Column
from app.errors.requests import MalformedBody
from app.values import characters
from app.values.spreadsheet_cells import clean, damage_in

_AT_ONCE = 1024 * 1024
_LONGEST_LINE = 100_000

_HEADERS_KEPT = 1_000
"""Sets of keys, in their orders, whose columns are remembered."""


class StreamedRow(NamedTuple):
    """The cells that have a value, cleaned; which of them a spreadsheet has destroyed; and whether cells were shifted."""

    values: dict[str, str]
    damaged: Collection[str]
    is_stray: bool


class SheetStream:
    """A sheet that is read once. What is known about it as a whole is complete after the last row."""

    encoding: str
    delimiter: str | None = None

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.columns: dict[str, str] = {}
        self.ignored_columns: list[str] = []

    def __iter__(self) -> Iterator[StreamedRow]:
        raise NotImplementedError

    @property
    def blank_rows(self) -> int:
        return 0

    def has_column(self, name: str) -> bool:
        """Whether a row may have a value in this column. May read rows: the stream is of no other use then."""
        return name in self.columns

    def _row(self, header: titles.Header, cells: Sequence[str]) -> StreamedRow:
        values: dict[str, str] = {}
        damaged: list[str] = []
        for column, place in header.read:
            cell = cells[place] if place < len(cells) else ""
            if not cell:
                continue
            value = cell if _is_plain(cell) else clean(cell, is_identifier=column.is_identifier)
            if not value or characters.is_blank(value):
                continue
            values[column.name] = stored = characters.storable(value)
            if stored != value or damage_in(value, is_identifier=column.is_identifier):
                damaged.append(column.name)
        return StreamedRow(values, damaged, header.is_stray(cells))


class CsvStream(SheetStream):
    def __init__(self, file: BinaryIO, columns: Sequence[Column], *, one_of: Collection[str]) -> None:
        super().__init__(columns)
        codec, self.encoding = _encoding_of(file)
        file.seek(0)
        # Kept: a wrapper that is collected closes the file.
        self._text = io.TextIOWrapper(file, encoding=codec, newline="")
        self._lines = Lines(self._text)
        self.delimiter = self._lines.delimiter
        self._header = titles.match(next(self._lines, []), columns, one_of=one_of)
        self.columns, self.ignored_columns = self._header.titles, self._header.ignored

    @property
    def blank_rows(self) -> int:
        return self._lines.blank

    def __iter__(self) -> Iterator[StreamedRow]:
        return map(partial(self._row, self._header), self._lines)


class NdjsonStream(SheetStream):
    """Objects of texts and whole numbers, one a line; their keys are matched like titles."""

    encoding = "utf-8"

    def __init__(self, file: BinaryIO, columns: Sequence[Column], *, one_of: Collection[str]) -> None:
        super().__init__(columns)
        self._file, self._one_of = file, one_of
        self._headers: dict[tuple[str, ...], titles.Header] = {}
        self._keys: dict[str, None] = {}
        self._blank = 0

    @property
    def blank_rows(self) -> int:
        return self._blank

    def has_column(self, name: str) -> bool:
        """Read up to the first object with such a key: the last line may be the first to have it."""
        return any(name in self.columns for _ in self)

    def __iter__(self) -> Iterator[StreamedRow]:
        self._file.seek(0)
        for number, line in enumerate(iter(partial(self._file.readline, _LONGEST_LINE + 1), b""), 1):
            if len(line) > _LONGEST_LINE:
                raise MalformedBody(f"Line {number} has more than {_LONGEST_LINE:,} bytes.")
            text = line.removeprefix(codecs.BOM_UTF8).strip()
            if not text:
                self._blank += 1
                continue
            yield self._read(number, text)

    def _read(self, number: int, line: bytes) -> StreamedRow:
        try:
            members = json.loads(line.decode(), object_pairs_hook=_members)
        except _RepeatedKeyError as error:
            raise MalformedBody(f"Line {number} has the same key twice.") from error
        except (ValueError, RecursionError):
            members = None
        if not isinstance(members, dict):
            raise MalformedBody(f"Line {number} is not a JSON object in UTF-8.")
        keys = tuple(members)
        header = self._headers.get(keys)
        if header is None:
            header = self._match(number, keys)
        return self._row(header, [_text(value) for value in members.values()])

    def _match(self, number: int, keys: tuple[str, ...]) -> titles.Header:
        """Match the keys of an object, which are remembered: nearly all objects of a file have those of the one before."""
        self._keys |= dict.fromkeys(keys)
        if len(self._keys) > titles.MOST_COLUMNS:
            raise MalformedBody(
                f"The objects up to line {number} have more than {titles.MOST_COLUMNS} different keys."
            )
        header = titles.match(keys, self._columns, one_of=())
        self.columns = {**header.titles, **self.columns}
        self.ignored_columns = list(dict.fromkeys([*self.ignored_columns, *header.ignored]))
        if len(self._headers) >= _HEADERS_KEPT:
            self._headers.clear()
        self._headers[keys] = header
        return header


class _RepeatedKeyError(ValueError):
    """Of two members with one key a parser would silently take the last."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _RepeatedKeyError
    return members


def _text(value: object) -> str:
    """Whole numbers are taken as their digits; another type is no identifier, and reads as what it looks like in JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _is_plain(cell: str) -> bool:
    """Nothing that `clean` would change, which is so for nearly every cell."""
    return cell.isascii() and cell.isprintable() and cell[0] not in " ='" and cell[-1] != " "


def _encoding_of(file: BinaryIO) -> tuple[str, str]:
    """The codec and the name of the encoding. A file without a mark is read once to see whether it is UTF-8."""
    file.seek(0)
    beginning = file.read(200)
    refuse_other_formats(beginning)
    for mark, encoding in MARKS.items():
        if beginning.startswith(mark):
            codec = "utf-8-sig" if encoding == "utf-8" else encoding
            _check(file, codec)
            return codec, encoding
    place, is_ascii = _first_error(file)
    if place is None:
        return "utf-8", "utf-8"
    if not is_ascii:
        raise not_text("UTF-8", place)
    _check(file, "windows-1252")
    return "windows-1252", "windows-1252"


def _first_error(file: BinaryIO) -> tuple[int | None, bool]:
    """Where the file stops being UTF-8, and whether it is ASCII up to there."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    place, is_ascii = 0, True
    while piece := file.read(_AT_ONCE):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:
            return place + error.start, is_ascii and piece[: error.start].isascii()
        is_ascii = is_ascii and piece.isascii()
        place += len(piece)
    return (None if not decoder.getstate()[0] else place), is_ascii


def _check(file: BinaryIO, codec: str) -> None:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(codec)()
    place = 0
    try:
        while piece := file.read(_AT_ONCE):
            decoder.decode(piece)
            place += len(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        named = "UTF-8" if codec.startswith(("utf-8", "windows")) else codec.upper()
        raise not_text(named, place + error.start) from error
