"""Ids as clients write them."""

import re
from uuid import UUID

SPELLING = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""A UUID in its usual spelling. Python's own reading is wider: it takes braces, and hyphens anywhere."""


def as_id(ref: str | UUID) -> UUID | None:
    """The UUID that a reference spells out, if it is one."""
    if isinstance(ref, UUID):
        return ref
    return UUID(ref) if SPELLING.fullmatch(ref) else None
