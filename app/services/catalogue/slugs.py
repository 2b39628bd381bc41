"""Readable addresses: transliterated, unique among their kind, never empty, never a word of our own paths."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

from slugify import slugify
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.db.session import db
from app.errors.base import InvalidRequest
from app.values.identifiers import as_id

RESERVED = frozenset(
    [
        "analytics",
        "archive",
        "code",
        "create",
        "edit",
        "enroll",
        "export",
        "history",
        "import",
        "lessons",
        "mine",
        "new",
        "progress",
        "publish",
        "recent",
        "review",
        "review-queue",
        "reviews",
        "search",
        "sections",
        "slug",
        "submit",
        "thumbnail",
        "unarchive",
        "unpublish",
        "withdraw",
    ]
)
"""Words that are, or may one day be, a path of ours beside `/courses/{slug}`."""

AUTOMATIC_CODE = re.compile(r"course-[0-9]{4,}")
"""What `next_course_code()` of our migrations gives, in lower case."""

LONGEST = 100
NUMBERED = 9

TRIES = 100
"""How often a row is written under another free slug, where somebody is faster each time."""


def choose(column: InstrumentedAttribute[str], words: str, *, otherwise: str) -> str:
    """A slug for these words that is free now: not in the column, and not the form of an automatic code.

    The unique index decides whether it still is when it is written.
    """
    base = slugify(words, max_length=LONGEST) or otherwise
    numbered = [base, *(f"{base}-{number}" for number in range(2, NUMBERED + 1))]
    taken = set(db.session.scalars(select(column).where(column.in_(numbered))))
    return next(
        slug
        for slug in _candidates(base, numbered)
        if slug not in taken and not is_reserved(slug) and not AUTOMATIC_CODE.fullmatch(slug)
    )


def _candidates(base: str, numbered: list[str]) -> Iterator[str]:
    yield from numbered
    # The letter keeps it from reading as a number, a code or an id: it is always free of those, and ends the search.
    yield f"{base}-x{secrets.token_hex(4)}"


def refuse_reserved(**given: str | None) -> None:
    """A slug or code that somebody chose must not read as a path or an id of ours."""
    for name, value in given.items():
        if value is not None and is_reserved(value):
            raise InvalidRequest(details={name: ["This word has a meaning of its own in our addresses."]})


def is_reserved(slug: str) -> bool:
    return slug.lower() in RESERVED or as_id(slug) is not None
