"""Files of any size in forms: each is written to a draft of the store while it arrives, and never held in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial

import marshmallow as ma
from flask import Response, after_this_request, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.adapters import storage
from app.errors.base import Refusal
from app.errors.requests import MalformedBody, TooLarge
from app.schemas.fields import StreamedFile
from app.web import spilled_forms
from app.web.application import current_request, noted

_MOST_PARTS = 20


def are_taken_by(schemas: Mapping[str, ma.Schema]) -> bool:
    """Whether a body is a form with such a file, by the schemas of its arguments and their locations."""
    schema = schemas.get("files")
    return schema is not None and any(isinstance(each, StreamedFile) for each in schema.fields.values())


def receive(limit: int) -> None:
    """Take the form from the connection, before the caller is authenticated. Errors are reported when it is read.

    :param limit: the most bytes of it
    """
    current = current_request()
    current.max_content_length, current.max_form_parts = limit, _MOST_PARTS
    current.open_stream = _open
    try:
        with suppress(HTTPException), _refusing(limit):
            draft = spilled_forms.take(current, limit)
            if draft is not None:
                after_this_request(partial(_close, draft))
            _ = request.files
    except Refusal as refusal:
        noted().upload_refusal = refusal


def check() -> None:
    """Refuse a form that could not be stored or was cut: it has no closing boundary, and no parts."""
    refusal = noted().get("upload_refusal")
    if refusal is not None:
        raise refusal
    if not request.files and not request.form and _is_more_than_an_end():
        raise MalformedBody("The body ended before it was complete, or is no form.")


def _is_more_than_an_end() -> bool:
    """Whether the body is longer than the closing boundary, all that a form without parts consists of."""
    end = f"\r\n--{request.mimetype_params.get('boundary', '')}--\r\n"
    return (request.content_length or 0) > len(end)


@contextmanager
def _refusing(limit: int) -> Iterator[None]:
    """What is left of a form after such an error cannot be read again."""
    try:
        with storage.refusing_when_full():
            yield
    except RequestEntityTooLarge as error:
        raise TooLarge.beyond(limit) from error


def _open() -> storage.Draft:
    draft = storage.draft()
    after_this_request(partial(_close, draft))
    return draft


def _close(draft: storage.Draft, response: Response) -> Response:
    draft.close()
    return response
