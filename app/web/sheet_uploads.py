"""Sheets as request bodies: a form with a `file`, raw CSV or NDJSON, kept in a temporary file and never whole in memory.

Their options come as fields of the form or in the query, as text: lists are separated by commas, flags are `true` or
`false`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, BinaryIO

import marshmallow as ma
from flask import Response, after_this_request, g, request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.formparser import default_stream_factory

from app.errors.requests import MalformedBody, TooLarge
from app.values.sheet_file import SheetFile
from app.web import request_values
from app.web.problems import flatten, invalid
from app.web.request_body import check_texts

FORM = "multipart/form-data"
RAW = {"text/csv": False, "application/csv": False, "application/x-ndjson": True, "application/jsonl": True}
"""Media types of raw bodies, and whether they are NDJSON."""

MAX_BYTES = 200 * 1024 * 1024
_FORM_OVERHEAD = 64 * 1024
_AT_ONCE = 256 * 1024
_FLAGS = {"true": True, "false": False}


def is_sheet() -> bool:
    return request.mimetype == FORM or request.mimetype in RAW


def receive() -> None:
    """Take the body from the connection, before the caller is authenticated. Errors are reported when it is read."""
    request.max_content_length = MAX_BYTES + _FORM_OVERHEAD
    with suppress(HTTPException):
        if request.mimetype == FORM:
            for sent in request.files.values():
                after_this_request(_closing(sent.stream))
        else:
            spooled = default_stream_factory(request.content_length, request.mimetype, None)
            g.raw_sheet = spooled
            after_this_request(_closing(spooled))
            while piece := request.stream.read(_AT_ONCE):
                spooled.write(piece)


def _closing(file: IO[bytes]) -> Callable[[Response], Response]:
    def close(response: Response) -> Response:
        # Closing writes what is still buffered; where there is no room for it, the request has been refused already.
        with suppress(OSError):
            file.close()
        return response

    return close


def read(schema: ma.Schema) -> None:
    """Keep the order for the view: the sheet and its options, in the form of a JSON body."""
    if request.mimetype == FORM:
        file, given = _of_form()
    else:
        file, given = _raw(), request_values.query()
    options = {name: _typed(schema.fields.get(name), name, values) for name, values in given.lists()}
    strict = options.pop("strict", False)
    if not isinstance(strict, bool):
        raise invalid({"strict": ["Must be true or false."]})
    length = file.seek(0, 2)
    if not length:
        raise invalid({"file": ["The file is empty."]})
    if length > MAX_BYTES:
        raise TooLarge.beyond(MAX_BYTES)
    file.seek(0)
    digest = _digest_of(file)
    is_ndjson = RAW.get(request.mimetype, False) or _is_named_ndjson()
    check_texts(options)
    # What an idempotency key covers: the options, and the digest of the file.
    g.sent = {**options, "file": digest, "strict": strict}
    g.order = {**options, "file": SheetFile(file, digest, is_ndjson, is_strict=strict)}


def load(schema: ma.Schema) -> dict[str, Any]:
    """The validated order."""
    try:
        order: dict[str, Any] = schema.load(g.order)
    except ma.ValidationError as error:
        raise invalid(flatten(error.normalized_messages())) from error
    return order


def query_of(schema: ma.Schema | None) -> set[str]:
    """The options that the query may have: beside a raw body all of them, else none."""
    is_raw = schema is not None and request.mimetype in RAW
    return {*schema.fields, "strict"} - {"file"} if schema is not None and is_raw else set()


def _digest_of(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_AT_ONCE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _of_form() -> tuple[BinaryIO, MultiDict[str, str]]:
    try:
        files, fields = request.files, request.form
    except RequestEntityTooLarge as error:
        raise TooLarge.beyond(MAX_BYTES) from error
    _refuse_cut()
    found = files.getlist("file")
    others = {name: ["Unknown file."] for name in files if name != "file"}
    if others or len(found) != 1 or not isinstance(found[0], FileStorage):
        raise invalid(others or {"file": ["Send one file in the field `file`."]})
    return found[0].stream, fields  # type: ignore[return-value]


def _raw() -> BinaryIO:
    file: BinaryIO | None = g.get("raw_sheet")
    if file is None:
        raise TooLarge.beyond(MAX_BYTES)
    if (request.content_length or 0) > MAX_BYTES:
        raise TooLarge.beyond(MAX_BYTES)
    if file.seek(0, 2) < (request.content_length or 0):
        raise MalformedBody("The body ended before it was complete.")
    return file


def _refuse_cut() -> None:
    """A form that ends early has no closing boundary, and werkzeug gives no parts for it."""
    if not request.files and not request.form and request.content_length:
        raise MalformedBody("The body ended before it was complete, or is no form.")


def _is_named_ndjson() -> bool:
    file = request.files.get("file") if request.mimetype == FORM else None
    name = (file.filename or "").lower() if file else ""
    return name.endswith((".ndjson", ".jsonl")) or (file is not None and RAW.get(file.mimetype, False))


def _typed(field: ma.fields.Field[Any] | None, name: str, values: list[str]) -> Any:
    """The text of an option as JSON would write it; what does not fit is left for the schema to refuse."""
    if isinstance(field, ma.fields.List):
        return [part for value in values for each in value.split(",") if (part := each.strip())]
    if len(values) > 1:
        raise invalid({name: ["Given more than once."]})
    (value,) = values
    if isinstance(field, ma.fields.Boolean) or name == "strict":
        return _FLAGS.get(value.strip().lower(), value)
    if isinstance(field, ma.fields.Integer):
        return int(value) if re.fullmatch(r"\s*[0-9]{1,19}\s*", value) else value
    return value
