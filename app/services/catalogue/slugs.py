"""Slugs for URLs: transliterated, unique per kind, never empty, never a reserved word."""

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
"""The form of the codes from `next_course_code()` of the migrations, in lower case."""

LONGEST = 100
NUMBERED = 9

TRIES = 100
"""How often an insert is tried with another free slug, if concurrent inserts take each one first."""


def choose(column: InstrumentedAttribute[str], words: str, *, otherwise: str) -> str:
    """A slug for these words that is free now: not in the column, and not in the form of an automatic code.

    The unique index decides whether it is still free when it is written.
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
    # The letter keeps it from looking like a number, a code or an id: this candidate always ends the search.
    yield f"{base}-x{secrets.token_hex(4)}"


def refuse_reserved(**given: str | None) -> None:
    """Refuse a chosen slug or code that looks like a path or an id of the API."""
    for name, value in given.items():
        if value is not None and is_reserved(value):
            raise InvalidRequest(details={name: ["This word is reserved."]})


def is_reserved(slug: str) -> bool:
    return slug.lower() in RESERVED or as_id(slug) is not None
