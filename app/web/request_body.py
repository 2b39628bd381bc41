"""Strict request parsing, and JSON serialization.

Bodies, queries and paths are passed on as the client sent them, or refused with an error that says what is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import marshmallow as ma
import msgspec
from flask import Request, g, request
from flask.json.provider import JSONProvider
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.errors.base import NotFound
from app.errors.requests import MalformedBody, TooLarge, UnsupportedMediaType
from app.schemas.fields import Upload
from app.schemas.sizes import longest_body
from app.values import characters
from app.web import file_uploads, request_values, strict_json
from app.web.application import Response
from app.web.pagination import PAGING, read_cursor
from app.web.problems import invalid

_FORM_OVERHEAD = 64 * 1024
"""Bytes that boundaries and headers of parts may take beside the files."""

_NO_BODY = 4 * 1024
"""Bytes that clients may send, as blanks or `{}`, where no body is expected."""

_LONGEST_PATH_PART = 250
_MOST_ERRORS = 20
_HALF_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class MsgspecProvider(JSONProvider):
    """JSON serialization: UUIDs, times with `Z`, decimals as strings."""

    def response(self, *arguments: Any, **members: Any) -> Response:
        """As `dumps` writes it, without the way from bytes to text and back."""
        body = msgspec.json.encode(self._prepare_response_obj(arguments, members), enc_hook=str)
        return Response(body, mimetype="application/json")

    def dumps(self, obj: Any, **_: Any) -> str:
        return msgspec.json.encode(obj, enc_hook=str).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return msgspec.json.decode(s)


class StrictParser(FlaskParser):
    """Parses bodies, forms and queries without conversion or silent corrections."""

    # For forms, too, the schema reports unknown fields.
    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"files": None}

    def parse(
        self, argmap: Any, req: Request | None = None, *, location: str | None = None, **options: Any
    ) -> Any:
        """As webargs does. What a schema makes of a query without parameters, most queries of lists, is remembered."""
        if location == "query" and not request.query_string:
            nothing = _loaded_of_nothing(argmap)
            if nothing is not None:
                return dict(nothing)
        return super().parse(argmap, req, location=location, **options)

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        return g.sent if "sent" in g else _read_json(req, schema)

    def load_files(self, req: Request, schema: ma.Schema) -> Any:
        """A form with files."""
        _check_media_type(req, "multipart/form-data", "Send the file in a form: multipart/form-data.")
        req.max_content_length = _limit_of_form(schema)
        if file_uploads.are_taken_by({"files": schema}):
            file_uploads.check()
        parts = MultiDict([*req.form.items(multi=True), *req.files.items(multi=True)])
        if None in parts:
            raise invalid({"body": ["A part of the form has no name."]})
        check_texts({name: value for name, value in parts.items() if isinstance(value, str)})
        _check_single(parts)
        return self._makeproxy(parts, schema)

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        given = request_values.query()
        if "after" not in given:
            # A dict: a missing parameter is an exception to a MultiDict. None is given twice, see `check_query`.
            return given.to_dict()
        stored = read_cursor(given["after"])["query"]
        own = {name: value for name, value in given.items() if name not in PAGING}
        if any(stored.get(name) != value for name, value in own.items()):
            raise invalid({"after": ["This cursor belongs to other filters; send it alone."]})
        return {**stored, **given.to_dict()}


@cache
def _loaded_of_nothing(schema: ma.Schema) -> Mapping[str, Any] | None:
    """None where the schema has to be asked each time: it requires a parameter, or computes one."""
    if any(field.required or callable(field.load_default) for field in schema.fields.values()):
        return None
    loaded: Mapping[str, Any] = schema.load({})
    return loaded


def check_path(path: dict[str, Any]) -> None:
    """Refuse path values beyond printable ASCII: no resource has such a name."""
    for value in path.values():
        if isinstance(value, str) and not (
            value.isascii() and value.isprintable() and len(value) <= _LONGEST_PATH_PART
        ):
            raise NotFound


def check_query(known: set[str]) -> None:
    """Refuse unknown and repeated parameters: ignoring them would hide an error. An unknown name is refused even if blank."""
    if not request.query_string:
        return
    _check_encoding_of_query(request.query_string)
    unknown = {
        characters.printable(name): ["Unknown parameter."] for name in request.args if name not in known
    }
    if unknown:
        raise invalid(_first(unknown))
    given = request_values.query()
    _check_single(given)
    check_texts(given.to_dict())


def limit_of(schemas: Mapping[str, ma.Schema]) -> int:
    """How many bytes the body of an operation may have, by the schemas of its arguments and their locations."""
    if "files" in schemas:
        return _limit_of_form(schemas["files"])
    return _limit_of_json(schemas["json"]) if "json" in schemas else _NO_BODY


def receive(limit: int) -> None:
    """Wait for the whole body. Errors in it are reported when the view reads it.

    This happens before the caller is authenticated: a client that sends slowly holds no database connection, and cannot
    keep a right that was revoked in the meantime.
    """
    request.max_content_length = limit
    with suppress(HTTPException):
        request.get_data(cache=True)


def read_json(schemas: Mapping[str, ma.Schema]) -> None:
    """Validate a JSON body and keep it for the view: once, and before any effect."""
    if "json" in schemas:
        g.sent = _read_json(request, schemas["json"])


def content() -> bytes:
    """The canonical content of the body, the same however it was formatted; empty for an empty body."""
    if "sent" not in g:
        return request.get_data(cache=True).strip()
    # msgspec refuses whole numbers that the strict reader lets through.
    return json.dumps(g.sent, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def check_no_body() -> None:
    """Refuse a body, except blanks and `{}`. One that is too long or incomplete is a body, too."""
    with suppress(RequestEntityTooLarge, TooLarge, MalformedBody):
        if _whole_body(request, limit=_NO_BODY).strip() in (b"", b"{}", b"null"):
            return
    raise invalid({"body": ["This request takes no body."]})


def _read_json(req: Request, schema: ma.Schema) -> Any:
    body = _whole_body(req, limit=_limit_of_json(schema), instead=getattr(schema, "WHEN_TOO_LARGE", ""))
    if not body.strip():
        return {}
    _check_media_type(req, "application/json", "Send the header Content-Type: application/json.")
    said = strict_json.read(body)
    # A body of ASCII without escapes contains no forbidden characters.
    if b"\\" in body or b"\x7f" in body or not body.isascii():
        check_texts(said, aside=getattr(schema, "REPORTED", ()))
    return said


def _limit_of_json(schema: ma.Schema) -> int:
    limit: int | None = getattr(schema, "MAX_BYTES", None)
    return limit or longest_body(schema)


def _limit_of_form(schema: ma.Schema) -> int:
    limits = [field.max_bytes for field in schema.fields.values() if isinstance(field, Upload)]
    return sum(limits) + _FORM_OVERHEAD


def _whole_body(req: Request, *, limit: int, instead: str = "") -> bytes:
    """The complete body. An incomplete one, or one that would be cut at the limit, is refused.

    :param instead: what to send in place of a longer body
    """
    req.max_content_length = limit
    try:
        # Read already, and under a wider limit, where an `Idempotency-Key` is sent.
        body = req.get_data(cache=True)
    except RequestEntityTooLarge as error:
        raise TooLarge.beyond(limit, instead) from error
    if len(body) > limit or (req.content_length is None and len(body) == limit):
        raise TooLarge.beyond(limit, instead)
    if len(body) < (req.content_length or 0):
        raise MalformedBody("The body ended before it was complete.")
    return body


def _check_media_type(req: Request, expected: str, sentence: str) -> None:
    if req.mimetype != expected:
        raise UnsupportedMediaType(sentence)
    if req.mimetype_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("Send the body in UTF-8.")
    if req.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding.")


def _check_encoding_of_query(query: bytes) -> None:
    try:
        if _HALF_ESCAPE.search(query) is None:
            unquote_to_bytes(query).decode()
            return
    except UnicodeDecodeError:
        pass
    raise invalid({"query": ["The query is not percent-encoded UTF-8."]})


def _check_single(given: MultiDict[str, Any]) -> None:
    repeated = {name: ["Given more than once."] for name, values in given.lists() if len(values) > 1}
    if repeated:
        raise invalid(_first(repeated))


def check_texts(given: Any, *, aside: Iterable[str] = ()) -> None:
    """Refuse forbidden characters in keys and values, at any depth.

    :param aside: lists whose strings a report checks one by one. Halves of surrogate pairs, which no report can repeat,
        are refused even there.
    """
    errors = dict(_errors(given, "", frozenset(aside)))
    if errors:
        raise invalid(_first(errors))


def _errors(given: Any, path: str, aside: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    if isinstance(given, str):
        found = characters.forbidden_in(given)
        if found is not None:
            yield path or "body", [f"Contains a character that is not allowed: {characters.named(found)}."]
    elif isinstance(given, dict):
        for name, value in given.items():
            yield from _errors_of_member(name, value, path, aside)
    elif isinstance(given, list):
        for place, value in enumerate(given):
            yield from _errors(value, f"{path}.{place}".lstrip("."), aside)


def _errors_of_member(
    name: str, value: Any, path: str, aside: frozenset[str]
) -> Iterator[tuple[str, list[str]]]:
    step = f"{path}.{characters.printable(name)}".lstrip(".")
    if characters.forbidden_in(name, is_line=True):
        yield step, ["Its name contains a character that is not allowed."]
    if name in aside and isinstance(value, list):
        yield from _halves(value, step)
    else:
        yield from _errors(value, step, frozenset())


def _halves(strings: list[Any], path: str) -> Iterator[tuple[str, list[str]]]:
    for place, each in enumerate(strings):
        if isinstance(each, str) and not characters.is_writable(each):
            yield f"{path}.{place}", ["Contains half of a surrogate pair."]


def _first(errors: dict[str, list[str]]) -> dict[str, list[str]]:
    return dict(list(errors.items())[:_MOST_ERRORS])
