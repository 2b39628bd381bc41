"""Cells of CSV files: values in the spellings of spreadsheets and of other systems."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from app.schemas.fields.times import Day

_SEPARATED = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([./-])([0-9]{1,2})\2([0-9]{1,2})(?:[T ]00:00(?::00(?:\.0{1,9})?)?Z?)?")
_NAMED = re.compile(r"([0-9]{1,2})[ .-]{1,2}([A-Za-z]{3,9})[ .,-]{1,2}([0-9]{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS_IN_FULL = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)


class CellDay(Day):
    """A day in a cell: `2026-09-01`, or in an order that can be read in one way only."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.date:
        return super()._deserialize(_as_iso(value), attr, data, **kwargs)


class CellFlag(ma.fields.Boolean):
    """Yes or no in a cell, in the words that spreadsheets and other systems write."""

    truthy = {"true", "yes", "y", "1", "active", "enabled"}
    falsy = {"false", "no", "n", "0", "inactive", "disabled"}
    default_error_messages = {"invalid": "Give yes or no."}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        return bool(super()._deserialize(value.casefold(), attr, data, **kwargs))


class CellStatus(CellFlag):
    """Whether a status means that the user is active. Any other word is refused: no account is deactivated by a guess."""

    falsy = {*CellFlag.falsy, "suspended", "deleted", "tobedeleted", "deactivated", "terminated"}
    default_error_messages = {"invalid": "Give active or inactive."}


def _as_iso(cell: str) -> str:
    """The day in ISO 8601; unchanged where it cannot be read."""
    if found := _YEAR_FIRST.fullmatch(cell):
        return f"{found[1]}-{int(found[3]):02}-{int(found[4]):02}"
    if found := _NAMED.fullmatch(cell):
        return _with_named_month(cell, day=int(found[1]), month=found[2].lower(), year=found[3])
    if found := _SEPARATED.fullmatch(cell):
        return _in_order(int(found[1]), int(found[3]), found[4], has_dots=found[2] == ".")
    return cell


def _with_named_month(cell: str, *, day: int, month: str, year: str) -> str:
    for names in (_MONTHS, _MONTHS_IN_FULL):
        if month in names:
            return f"{year}-{names.index(month) + 1:02}-{day:02}"
    return cell


def _in_order(first: int, second: int, year: str, *, has_dots: bool) -> str:
    """`31.12.2026` or `12/31/2026`. With slashes, two numbers up to 12 may be either day, and none is chosen.

    With dots the day comes first: no locale writes the month before it.
    """
    day_first, month_first = f"{year}-{second:02}-{first:02}", f"{year}-{first:02}-{second:02}"
    if first > 12:
        return day_first
    if second > 12 or first == second:
        return month_first
    if has_dots:
        return day_first
    raise ma.ValidationError(f"This could be {day_first} or {month_first}: write the date as YYYY-MM-DD.")
