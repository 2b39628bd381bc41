"""The people that a bulk call names: identifiers of four kinds, in the order sent.

Text and patterns only; nothing is looked up. A string that cannot be an identifier of its kind, or that a spreadsheet has
damaged, has no key, so it matches no user.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from app.errors.accounts import DamagedIdentifier
from app.errors.bulk import TooManyPeople
from app.values import characters
from app.values.identifiers import MOST_ROWS, Parsed, parsed

LONGEST_STORED_INPUT = 400


@dataclass(frozen=True, kw_only=True)
class People:
    """Identifiers by kind. Rows count from 1 over all four lists, in the order of the fields."""

    user_ids: Sequence[str] = ()
    emails: Sequence[str] = ()
    usernames: Sequence[str] = ()
    external_ids: Sequence[str] = ()

    @property
    def by_kind(self) -> dict[str, Sequence[str]]:
        """The lists by kind of identifier, in the order of the rows."""
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
        if len(self) > MOST_ROWS:
            raise TooManyPeople(f"A call takes at most {MOST_ROWS:,} users; this one has {len(self):,}.")

    def refuse_damaged(self) -> None:
        """Refuse an identifier that a spreadsheet has destroyed; a bulk run reports it in its row instead."""
        for kind, texts in self.by_kind.items():
            for text in texts:
                if damage := parsed(kind, text).damage:
                    raise DamagedIdentifier(details={kind: [damage]})

    @cached_property
    def parameters(self) -> dict[str, str | None]:
        """Four columns for SQL: what to store, what to look up, under which kind, and why a row is invalid.

        As JSON, which costs the driver and the server a fraction of what an array of thousands does.
        """
        read = [parsed(kind, text) for kind, texts in self.by_kind.items() for text in texts]
        problems = [problem_of(each) for each in read]
        columns: dict[str, list[str | None] | None] = {
            "inputs": [storable(text) for text in self.inputs],
            "keys": [each.key for each in read],
            "kinds": [kind for kind, texts in self.by_kind.items() for _ in texts],
            "problems": problems if any(problems) else None,
        }
        return {name: None if column is None else _as_json(column) for name, column in columns.items()}


def _as_json(column: list[str | None]) -> str:
    return msgspec.json.encode(column).decode()


def problem_of(identifier: Parsed) -> str | None:
    """The reason code of the row of an identifier that a spreadsheet has destroyed."""
    return DamagedIdentifier.code if identifier.damage else None


def storable(text: str) -> str:
    """The input as PostgreSQL can store it. What is longer than any identifier is cut, so that it cannot be read as one."""
    return shortened(characters.storable(text), LONGEST_STORED_INPUT)


def shortened(text: str, most: int) -> str:
    """At most so many characters. What is cut ends in an ellipsis: its beginning, sent again, is not taken for the whole."""
    if len(text) <= most:
        return text
    stripped = text.strip()
    return stripped if len(stripped) <= most else f"{stripped[: most - 1]}…"
