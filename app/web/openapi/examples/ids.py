"""The ids of the demo's example objects: the same in every demo, so that the document can name them."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

_TIME = "019b76da-a800-7"
"""The first half of a UUID of version 7: 1 January 2026."""

CERTIFICATE_NUMBER = "RC-00000000000000000000000000000001"
EMAIL_TOKEN = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
NEW_EMAIL_TOKEN = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
PASSWORD_TOKEN = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI"


def id_of(name: str) -> UUID:
    """The id of the example object of this name, such as `course to submit`."""
    digest = sha256(name.encode()).hexdigest()
    return UUID(f"{_TIME}{digest[:3]}-8{digest[3:6]}-{digest[6:18]}")
