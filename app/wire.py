"""What clients sent, as they sent it, or a refusal that says what is wrong; and JSON out."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import orjson
from flask import Request, request
from flask.json.provider import JSONProvider
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict

from app.errors import MalformedBody, NotFound, UnsupportedMediaType
from app.lists import read_cursor
from app.problems import invalid
from app.schemas.fields import Upload, check_text

_FORM_OVERHEAD = 64 * 1024
"""What boundaries and headers of parts may take beside the files."""


class OrjsonProvider(JSONProvider):
    """JSON out: UUIDs, times with `Z`, decimals as strings."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)


class StrictParser(FlaskParser):
    """Bodies and queries as clients sent them, or a refusal that says what is wrong."""

    # Of forms, too, the schema says what is unknown.
    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"files": None}

    def _raw_load_json(self, req: Request) -> Any:
        body = req.get_data(cache=True)
        if not body.strip():
            return {}
        if req.mimetype != "application/json":
            raise UnsupportedMediaType("Send JSON.")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as problem:
            raise MalformedBody(f"The body is not valid JSON: {problem.msg}.") from problem

    def load_files(self, req: Request, schema: ma.Schema) -> Any:
        """A form with files. Its size is limited by what its fields may hold, before it is read."""
        if req.mimetype != "multipart/form-data":
            raise UnsupportedMediaType("Send multipart/form-data.")
        limits = [field.max_bytes for field in schema.fields.values() if isinstance(field, Upload)]
        req.max_content_length = sum(limits) + _FORM_OVERHEAD
        sent = MultiDict([*req.form.items(multi=True), *req.files.items(multi=True)])
        repeated = [name for name, values in sent.lists() if len(values) > 1]
        if repeated:
            raise invalid({name: ["Given more than once."] for name in repeated})
        return self._makeproxy(sent, schema)

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        if "after" not in req.args:
            return self._makeproxy(req.args, schema)
        stored = read_cursor(req.args["after"])["query"]
        own = {name: value for name, value in req.args.items() if name not in ("after", "page_size")}
        if any(stored.get(name) != value for name, value in own.items()):
            raise invalid({"after": ["This cursor belongs to other filters; send it alone."]})
        return self._makeproxy(MultiDict({**stored, **req.args}), schema)

    def _handle_invalid_json_error(self, error: Any, req: Request, *_: Any, **__: Any) -> Any:
        raise MalformedBody from error


def check_path(path: dict[str, Any]) -> None:
    for value in path.values():
        if isinstance(value, str):
            try:
                check_text(value)
            except ma.ValidationError as problem:
                raise NotFound from problem


def check_query(known: set[str]) -> None:
    """An unknown or repeated parameter is a mistake worth telling, not one to ignore."""
    trouble = {name: ["Unknown parameter."] for name in request.args if name not in known}
    trouble |= {
        name: ["Given more than once."]
        for name, values in request.args.lists()
        if name in known and len(values) > 1
    }
    if trouble:
        raise invalid(trouble)


def check_no_body() -> None:
    if request.get_data(cache=True).strip() not in (b"", b"{}", b"null"):
        raise invalid({"body": ["This request takes no body."]})
