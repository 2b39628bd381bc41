"""Values that come from spreadsheets: cleaning, and detection of what a spreadsheet has damaged.

A spreadsheet protects `00123` as `="00123"` or `'00123`; it turns a long number into `1.23457E+11`, and a failed lookup
into `#N/A`. An identifier of the second kind is lost: many users would share it.
"""

from __future__ import annotations

import re

from app.values import characters

_BREAK = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
_QUOTED_FORMULA = re.compile(r'="([^"]*)"')
_PROTECTED = re.compile(r"'[=+\-@'\uff1d\uff0b\uff0d\uff20]")
"""How `csv_writer` begins a cell that a spreadsheet would run as a formula."""

_SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E[+-][0-9]{1,3}", re.IGNORECASE)
_DECIMAL = re.compile(r"[0-9]{1,30}[.,]0{1,10}")
_ERROR = re.compile(r"#[^\s#]{1,20}[!?]|#N/?[ADV]|#GETTING_DATA|#{2,}|Err:[0-9]{3}", re.IGNORECASE)
_NO_VALUE = frozenset(
    [
        "null",
        "(null)",
        "none",
        "nil",
        "nan",
        "na",
        "n/a",
        "undefined",
        "(blank)",
        "-",
        "--",
        "tba",
        "tbd",
        "true",
        "false",
        "unknown",
        "–",
        "—",
        "?",
        "#",
    ]
)
_LONGEST_NO_VALUE = max(map(len, _NO_VALUE))


def clean(cell: str, *, is_identifier: bool = False) -> str:
    """The cell on one line, without invisible characters at its ends and without what protected it from a spreadsheet."""
    value = _BREAK.sub(" ", characters.trimmed(cell))
    formula = _QUOTED_FORMULA.fullmatch(value)
    if formula:
        return characters.trimmed(formula[1])
    is_protected = value.startswith("'") if is_identifier else _PROTECTED.match(value)
    return characters.trimmed(value[1:]) if is_protected else value


def unprotected(text: str) -> str:
    """An identifier without what protected it from a spreadsheet, where anything did."""
    return clean(text, is_identifier=True) if characters.trimmed(text).startswith(("=", "'")) else text


def damage_in(value: str, *, is_identifier: bool) -> str | None:
    """The sentence about the damage, if a spreadsheet has destroyed the value of the cell."""
    damage = _damage(value, is_identifier=is_identifier)
    return f"{characters.printable(value)} {damage}" if damage else None


def _damage(value: str, *, is_identifier: bool) -> str | None:
    if _ERROR.fullmatch(value):
        return "is an error of a spreadsheet: correct the formula, or leave the cell empty."
    if is_identifier and _SHORTENED.fullmatch(value):
        return "is a number that a spreadsheet has shortened: format the column as text and export it again."
    if is_identifier and _DECIMAL.fullmatch(value):
        return "is a number to which another program has added decimals: export the column as text."
    if is_identifier and len(value) <= _LONGEST_NO_VALUE and value.casefold() in _NO_VALUE:
        return "means no value: leave the cell empty."
    return None
