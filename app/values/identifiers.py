"""Identifiers as clients write them, one in a path or thousands in a bulk call."""

import re
from collections.abc import Callable, Mapping
from uuid import UUID

from app.values import names

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
