"""Usernames for people who did not choose one: `ada.lovelace`, then the same with random digits behind it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from slugify import slugify

_LONGEST = 40


def stem_of(full_name: str) -> str:
    stem = slugify(full_name, separator=".")[:_LONGEST].strip(".")
    return stem if len(stem) >= 3 else "user"


def candidates(full_name: str) -> Iterator[str]:
    """Usernames to try one after the other, each with more digits than the one before."""
    stem = stem_of(full_name)
    yield stem
    for digits in range(3, 13):
        yield f"{stem}.{secrets.randbelow(10**digits):0{digits}}"
