"""Links to the content of files: signed, personal and short-lived.

A link names the file, the user and the time at which it ends. It is no more than a ticket: whether the user may read the
file is decided again at each use. Its end is rounded, so that a page which is loaded again finds the file in the browser's
cache.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from time import time
from urllib.parse import quote
from uuid import UUID

from app.enums import FileKind
from app.errors.requests import LinkInvalid
from app.models.caller import Actor
from app.models.file import File
from app.settings import settings
from app.values.identifiers import as_id

_ANONYMOUS = "-"
"""In place of the user, in a link for anyone."""


@dataclass(frozen=True)
class LinkedFile:
    """A file as responses show it, with its link for one user."""

    id: UUID
    kind: FileKind
    course_id: UUID
    lesson_id: UUID
    name: str
    media_type: str
    size: int
    duration_seconds: int | None
    created_at: datetime
    url: str
    url_expires_at: datetime


def linked(file: File, reader: Actor | None) -> LinkedFile:
    """The file with a link for this reader."""
    expires = _end()
    return LinkedFile(
        file.id,
        file.kind,
        file.course_id,
        file.lesson_id,
        file.name,
        file.media_type,
        file.size,
        file.duration_seconds,
        file.created_at,
        _url(file.id, file.name, reader.id if reader else None, expires),
        datetime.fromtimestamp(expires, UTC),
    )


def url_of(file_id: UUID, name: str, reader_id: UUID | None) -> str:
    """A link to the content of a file for this reader."""
    return _url(file_id, name, reader_id, _end())


def reader_of(file_id: UUID, given: Mapping[str, str]) -> tuple[UUID | None, int]:
    """Whom a link is for, and the seconds until it ends.

    :param given: the query of the link
    :raises LinkInvalid: it has ended, or is none of ours
    """
    user, expires, signature = (given.get(name, "") for name in ("user", "expires", "signature"))
    if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
        raise LinkInvalid
    if not hmac.compare_digest(_signature(file_id, user, expires).encode(), signature.encode()):
        raise LinkInvalid
    left = int(expires) - int(time())
    if left <= 0:
        raise LinkInvalid
    return None if user == _ANONYMOUS else as_id(user), left


def _end() -> int:
    seconds = settings().file_link_seconds
    return (int(time()) // seconds + 2) * seconds


def _url(file_id: UUID, name: str, user_id: UUID | None, expires: int) -> str:
    user = str(user_id or _ANONYMOUS)
    query = f"user={user}&expires={expires}&signature={_signature(file_id, user, str(expires))}"
    return f"{settings().public_url}/media/files/{file_id}/{quote(name, safe='')}?{query}"


def _signature(file_id: UUID, user: str, expires: str) -> str:
    signed = hmac.digest(_key(settings().secret_key), f"{file_id} {user} {expires}".encode(), "sha256")
    return urlsafe_b64encode(signed[:24]).decode()


@lru_cache(maxsize=2)
def _key(secret_key: str) -> bytes:
    """A key for this purpose alone."""
    return hmac.digest(secret_key.encode(), b"links to files", "sha256")
