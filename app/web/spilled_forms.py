"""Forms that the web server has received into a draft of the store, and that need no copy.

The file of the form is its only part: the draft begins with its content, and what follows is cut off. Any other form is
left to Werkzeug, which copies it; so are all forms under a web server without such drafts. What is not the content is
parsed by Werkzeug in both cases.
"""

from __future__ import annotations

import os
from typing import Any, Protocol

from werkzeug.datastructures import FileStorage
from werkzeug.sansio.multipart import Data, Epilogue, File, MultipartDecoder, Preamble

from app.adapters.storage import Draft
from app.web.application import StoringRequest

_FORM = "multipart/form-data"
_AT_ONCE = 256 * 1024
_LONGEST_END = 1024
"""Bytes of the closing boundary and of what a client may send behind it."""


class SpilledBody(Protocol):
    """A complete body as `deploy/web_intake.py` has received it."""

    start: bytes
    file: Any


class _Connection(Protocol):
    def spilled_body(self) -> SpilledBody | None: ...

    def hand_over_file(self) -> None: ...


def take(request: StoringRequest, limit: int) -> Draft | None:
    """Set the request's form, and return the draft with its file; None if it is to be parsed as any other form.

    :param limit: the most bytes of the form
    """
    connection: _Connection | None = request.environ.get("gunicorn.socket")
    if connection is None or not hasattr(connection, "spilled_body") or request.mimetype != _FORM:
        return None
    body = connection.spilled_body()
    boundary = request.mimetype_params.get("boundary", "")
    if (
        body is None
        or not isinstance(body.file, Draft)
        or not (boundary and boundary.isascii())
        or (request.content_length or 0) > limit
    ):
        return None
    draft = body.file
    end = _end_of_content(draft, f"--{boundary}".encode())
    if end is None:
        return None
    part = _only_part(body.start, os.pread(draft.fileno(), _LONGEST_END, end), boundary.encode())
    if part is None:
        return None
    connection.hand_over_file()
    draft.file.truncate(end)
    draft.seek(0)
    request.take_form(part.name, FileStorage(draft, part.filename, part.name, headers=part.headers))  # type: ignore[arg-type]
    return draft


def _end_of_content(draft: Draft, delimiter: bytes) -> int | None:
    """Where the line break before the only delimiter is; None if that is not near the end."""
    size = os.fstat(draft.fileno()).st_size
    buffer = bytearray(_AT_ONCE)
    view, offset = memoryview(buffer), 0
    while length := os.preadv(draft.fileno(), [buffer], offset):
        found = buffer.find(delimiter, 0, length)
        if found >= 0:
            end = offset + found - len(b"\r\n")
            return end if end >= 0 and size - end <= _LONGEST_END else None
        # A delimiter may begin in this piece and end in the next one.
        offset += max(1, length - len(delimiter) + 1) if length == len(view) else length
    return None


def _only_part(start: bytes, end: bytes, boundary: bytes) -> File | None:
    """The file that is the only part of a form, whose content is left out between these."""
    decoder = MultipartDecoder(boundary)
    decoder.receive_data(start)
    try:
        if not isinstance(decoder.next_event(), Preamble):
            return None
        part = decoder.next_event()
        # Of the head, Werkzeug leaves the line break before the content.
        if not isinstance(part, File) or decoder.buffer != b"\r\n" or not end.startswith(b"\r\n"):
            return None
        decoder.receive_data(end)
        decoder.receive_data(None)
        content, epilogue = decoder.next_event(), decoder.next_event()
    except ValueError:
        return None
    is_empty = isinstance(content, Data) and not content.data and not content.more_data
    return part if is_empty and isinstance(epilogue, Epilogue) else None
