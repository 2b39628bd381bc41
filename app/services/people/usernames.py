"""Generated usernames for users who did not choose one: `ada.lovelace`, then the same with random digits appended.

There are at most four candidates per user, whatever names exist: the last one ends in 64 random bits, which no other
username has.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence

from slugify import slugify
from sqlalchemy import any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.db.session import db
from app.models.user import User

_LONGEST = 40


def stem_of(full_name: str) -> str:
    stem = slugify(full_name, separator=".")[:_LONGEST].strip(".")
    return stem if len(stem) >= 3 else "user"


def candidates(full_name: str) -> list[str]:
    """Usernames to try one after the other, each from a much larger space than the one before."""
    stem = stem_of(full_name)
    return [stem, *_numbered(stem)]


def choose(full_names: Sequence[str], *, reserved: Iterable[str]) -> list[str]:
    """A username for each of these names: free in the database, and different from each other and from the reserved ones.

    Two statements, however many there are. The unique index decides whether a name is still free when it is written.
    """
    if not full_names:
        return []
    stems = [stem_of(full_name) for full_name in full_names]
    used = {name.lower() for name in reserved} | _taken(set(stems))
    chosen = {place: stem for place, stem in enumerate(stems) if _take([stem], used)}
    others = {place: _numbered(stem) for place, stem in enumerate(stems) if place not in chosen}
    used |= _taken({name for names in others.values() for name in names})
    chosen |= {place: _take(names, used) or names[-1] for place, names in others.items()}
    return [chosen[place] for place in range(len(stems))]


def _numbered(stem: str) -> list[str]:
    numbered = (f"{stem}.{secrets.randbelow(10**digits):0{digits}}" for digits in (4, 8))
    return [*numbered, f"{stem}.{secrets.token_hex(8)}"]


def _take(names: Sequence[str], used: set[str]) -> str | None:
    """The first of these that is not in use; it is added to `used`."""
    free = next((name for name in names if name not in used), None)
    if free is not None:
        used.add(free)
    return free


def _taken(names: Collection[str]) -> set[str]:
    """Those of these names, in lower case, that are in use."""
    wanted = literal(sorted(names), ARRAY(Text()))
    return set(
        db.session.scalars(select(func.lower(User.username)).where(func.lower(User.username) == any_(wanted)))
    )
