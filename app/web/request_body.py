"""What clients sent, as they sent it, or a refusal that says what is wrong; and JSON out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
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
from app.web import request_values, strict_json
from app.web.pagination import PAGING, read_cursor
from app.web.problems import invalid

_FORM_OVERHEAD = 64 * 1024
"""What boundaries and headers of parts may take beside the files."""

_NO_BODY = 4 * 1024
"""What clients may send, as blanks or `{}`, where nothing is asked for."""

_LONGEST_PATH_PART = 250
_MOST_TROUBLES = 20
_HALF_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class MsgspecProvider(JSONProvider):
    """JSON out: UUIDs, times with `Z`, decimals as strings."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return msgspec.json.encode(obj, enc_hook=str).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return msgspec.json.decode(s)


class StrictParser(FlaskParser):
    """Bodies and queries as clients sent them, or a refusal that says what is wrong."""

    # Of forms, too, the schema says what is unknown.
    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"files": None}

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        return g.sent if "sent" in g else _read_json(req, schema)

    def load_files(self, req: Request, schema: ma.Schema) -> Any:
        """A form with files."""
        _check_media_type(req, "multipart/form-data", "Send multipart/form-data.")
        req.max_content_length = _limit_of_form(schema)
        parts = MultiDict([*req.form.items(multi=True), *req.files.items(multi=True)])
        if None in parts:
            raise invalid({"body": ["A part of the form has no name."]})
        _check_texts({name: value for name, value in parts.items() if isinstance(value, str)})
        _check_single(parts)
        return self._makeproxy(parts, schema)

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        given = request_values.query()
        if "after" not in given:
            return self._makeproxy(given, schema)
        stored = read_cursor(given["after"])["query"]
        own = {name: value for name, value in given.items() if name not in PAGING}
        if any(stored.get(name) != value for name, value in own.items()):
            raise invalid({"after": ["This cursor belongs to other filters; send it alone."]})
        return self._makeproxy(MultiDict({**stored, **given.to_dict()}), schema)


def check_path(path: dict[str, Any]) -> None:
    """Nothing that we serve has a name beyond printable ASCII."""
    for value in path.values():
        if isinstance(value, str) and not (
            value.isascii() and value.isprintable() and len(value) <= _LONGEST_PATH_PART
        ):
            raise NotFound


def check_query(known: set[str]) -> None:
    """Refuse unknown and repeated parameters: ignoring them would hide a mistake. An unknown name is one even if blank."""
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
    _check_texts(given.to_dict())


def limit_of(schemas: Mapping[str, ma.Schema]) -> int:
    """How many bytes the body of an operation may have, by the schemas of its arguments and where they stand."""
    if "files" in schemas:
        return _limit_of_form(schemas["files"])
    return _limit_of_json(schemas["json"]) if "json" in schemas else _NO_BODY


def receive(limit: int) -> None:
    """Wait for the whole body. What is wrong with it is told when the view asks for it.

    Before anything is asked about the caller: whoever holds a body back holds no connection to the database, and cannot
    keep a right that was taken away in the meantime.
    """
    request.max_content_length = limit
    with suppress(HTTPException):
        request.get_data(cache=True)


def read_json(schemas: Mapping[str, ma.Schema]) -> None:
    """Judge a JSON body and keep it for the view: before anything is done about it, and once."""
    if "json" in schemas:
        g.sent = _read_json(request, schemas["json"])


def content() -> bytes:
    """What the body says, the same however it was written down. Nothing for a body that says nothing."""
    if "sent" not in g:
        return request.get_data(cache=True).strip()
    # msgspec refuses whole numbers that the strict reader lets through.
    return json.dumps(g.sent, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def check_no_body() -> None:
    """Blanks and `{}` aside; one that is too long or breaks off is a body, too."""
    with suppress(RequestEntityTooLarge, TooLarge, MalformedBody):
        if _whole_body(request, limit=_NO_BODY).strip() in (b"", b"{}", b"null"):
            return
    raise invalid({"body": ["This request takes no body."]})


def _read_json(req: Request, schema: ma.Schema) -> Any:
    body = _whole_body(req, limit=_limit_of_json(schema))
    if not body.strip():
        return {}
    _check_media_type(req, "application/json", "Send JSON in UTF-8.")
    said = strict_json.read(body)
    # A body without escapes and beyond ASCII has nothing to look for.
    if b"\\" in body or b"\x7f" in body or not body.isascii():
        _check_texts(said, aside=getattr(schema, "REPORTED", ()))
    return said


def _limit_of_json(schema: ma.Schema) -> int:
    limit: int | None = getattr(schema, "MAX_BYTES", None)
    return limit or longest_body(schema)


def _limit_of_form(schema: ma.Schema) -> int:
    limits = [field.max_bytes for field in schema.fields.values() if isinstance(field, Upload)]
    return sum(limits) + _FORM_OVERHEAD


def _whole_body(req: Request, *, limit: int) -> bytes:
    """All of the body. What breaks off, or would be cut at the limit, is never taken for the whole."""
    req.max_content_length = limit
    body = req.get_data(
        cache=True
    )  # read already, and under a wider limit, where an `Idempotency-Key` is sent
    if len(body) > limit or (req.content_length is None and len(body) == limit):
        raise TooLarge
    if len(body) < (req.content_length or 0):
        raise MalformedBody("The body ended before it was complete.")
    return body


def _check_media_type(req: Request, expected: str, sentence: str) -> None:
    charset = req.mimetype_params.get("charset", "utf-8").lower()
    if req.mimetype != expected or charset not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(sentence)
    if req.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding.")


def _check_encoding_of_query(query: bytes) -> None:
    try:
        if _HALF_ESCAPE.search(query) is None:
            unquote_to_bytes(query).decode()
            return
    except UnicodeDecodeError:
        pass
    raise invalid({"query": ["It is not UTF-8 in percent-encoding."]})


def _check_single(given: MultiDict[str, Any]) -> None:
    repeated = {name: ["Given more than once."] for name, values in given.lists() if len(values) > 1}
    if repeated:
        raise invalid(_first(repeated))


def _check_texts(given: Any, *, aside: Iterable[str] = ()) -> None:
    """Refuse characters that nobody may send, in keys and values however deep.

    :param aside: lists whose strings a report judges one by one. Halves of pairs, which no report can repeat, are
        refused even there.
    """
    trouble = dict(_troubles(given, "", frozenset(aside)))
    if trouble:
        raise invalid(_first(trouble))


def _troubles(given: Any, path: str, aside: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    if isinstance(given, str):
        found = characters.forbidden_in(given)
        if found is not None:
            yield path or "body", [f"Contains a character that is not allowed: {characters.named(found)}."]
    elif isinstance(given, dict):
        for name, value in given.items():
            yield from _troubles_of_member(name, value, path, aside)
    elif isinstance(given, list):
        for place, value in enumerate(given):
            yield from _troubles(value, f"{path}.{place}".lstrip("."), aside)


def _troubles_of_member(
    name: str, value: Any, path: str, aside: frozenset[str]
) -> Iterator[tuple[str, list[str]]]:
    step = f"{path}.{characters.printable(name)}".lstrip(".")
    if characters.forbidden_in(name, is_line=True):
        yield step, ["Its name contains a character that is not allowed."]
    if name in aside and isinstance(value, list):
        yield from _halves(value, step)
    else:
        yield from _troubles(value, step, frozenset())


def _halves(strings: list[Any], path: str) -> Iterator[tuple[str, list[str]]]:
    for place, each in enumerate(strings):
        if isinstance(each, str) and not characters.is_writable(each):
            yield f"{path}.{place}", ["Contains half of a surrogate pair."]


def _first(trouble: dict[str, list[str]]) -> dict[str, list[str]]:
    return dict(list(trouble.items())[:_MOST_TROUBLES])
