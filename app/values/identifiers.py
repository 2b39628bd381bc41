"""Identifiers as clients write them, one in a path or thousands in a bulk call."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID

from app.values import characters, names
from app.values.spreadsheet_cells import damage_in, unprotected

MOST_ROWS = 10_000
"""The largest bulk call, in rows. An identifier is a row."""

SPELLING = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""A UUID in its usual spelling. Python's own parser accepts more: braces, and hyphens anywhere."""

_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]{1,254}")


def as_id(ref: str | UUID) -> UUID | None:
    """The reference as a UUID, or None if it is not one."""
    if isinstance(ref, UUID):
        return ref
    return UUID(ref) if SPELLING.fullmatch(ref) else None


def _matching(shape: re.Pattern[str]) -> Callable[[str], str | None]:
    """A parser that trims a string and accepts what matches the pattern."""

    def parse(text: str) -> str | None:
        stripped = text.strip()
        return stripped if shape.fullmatch(stripped) else None

    return parse


PARSERS: Mapping[str, Callable[[str], str | None]] = {
    "user_id": _matching(SPELLING),
    "email": names.address,
    "username": names.username,
    "external_id": _matching(_PRINTABLE),
}
"""By kind of identifier: the key to look a user up by, or None for a string that cannot be such an identifier."""

_NEVER_DAMAGED = {"user_id": SPELLING, "email": re.compile(r"[A-Za-z0-9][^@]*@.+")}
"""A shortcut: nearly every id and address has these forms, and neither is anything that a spreadsheet makes."""


class Parsed(NamedTuple):
    """An identifier as a client sent it: the key to look a user up by, or none."""

    key: str | None
    damage: str | None = None
    """The sentence about it where a spreadsheet has destroyed the identifier, which then has no key."""


def parsed(kind: str, text: str) -> Parsed:
    """The identifier read as a cell of a sheet is: protection is taken off, and what a spreadsheet has damaged is found."""
    parse = PARSERS[kind]
    shape = _NEVER_DAMAGED.get(kind)
    if shape is not None and shape.fullmatch(text):
        return Parsed(parse(text))
    value = unprotected(text)
    damage = damage_in(characters.trimmed(value), is_identifier=True)
    return Parsed(None, damage) if damage else Parsed(parse(value))
