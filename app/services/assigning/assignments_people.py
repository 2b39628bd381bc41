"""The people a bulk run names: strings of four kinds, in the order they were sent.

Nothing here looks anybody up. A string that cannot be an identifier of its kind has no key, so it finds nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from app.errors.bulk import TooManyPeople
from app.values import names
from app.values.identifiers import SPELLING

MOST_PEOPLE = 10_000
"""In one call; the rows of a run count from 1 over all four lists."""

LONGEST_STORED_INPUT = 400

_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]{1,254}")


def _matching(shape: re.Pattern[str]) -> Callable[[str], str | None]:
    """A reader of strings that have to look so, trimmed."""

    def read(text: str) -> str | None:
        stripped = text.strip()
        return stripped if shape.fullmatch(stripped) else None

    return read


_READERS: dict[str, Callable[[str], str | None]] = {
    "user_id": _matching(SPELLING),
    "email": names.address,
    "username": names.username,
    "external_id": _matching(_PRINTABLE),
}


@dataclass(frozen=True)
class People:
    """Who was sent, under which kind of identifier."""

    user_ids: Sequence[str] = ()
    emails: Sequence[str] = ()
    usernames: Sequence[str] = ()
    external_ids: Sequence[str] = ()

    @property
    def by_kind(self) -> dict[str, Sequence[str]]:
        """Also the order of the rows."""
        return {
            "user_id": self.user_ids,
            "email": self.emails,
            "username": self.usernames,
            "external_id": self.external_ids,
        }

    @property
    def inputs(self) -> list[str]:
        """The strings as sent, row by row."""
        return [text for texts in self.by_kind.values() for text in texts]

    def __len__(self) -> int:
        return sum(len(texts) for texts in self.by_kind.values())

    def refuse_too_many(self) -> None:
        if len(self) > MOST_PEOPLE:
            raise TooManyPeople(f"A call takes at most {MOST_PEOPLE} people; this one has {len(self)}.")

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Three columns for the server: what to store, what to look up, and under which kind.

        As JSON, which costs the driver and the server a fraction of what an array of thousands does.
        """
        columns = {
            "inputs": [_storable(text) for text in self.inputs],
            "keys": [key for kind, texts in self.by_kind.items() for key in map(_READERS[kind], texts)],
            "kinds": [kind for kind, texts in self.by_kind.items() for _ in texts],
        }
        return {name: msgspec.json.encode(column).decode() for name, column in columns.items()}


def _storable(text: str) -> str:
    """PostgreSQL has no NUL; whatever was longer than an identifier can be is kept in part."""
    return text[:LONGEST_STORED_INPUT].replace("\0", "\N{REPLACEMENT CHARACTER}")
