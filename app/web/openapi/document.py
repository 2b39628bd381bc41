"""The OpenAPI document as a whole: its frame, and how it describes fields and schemas."""

from __future__ import annotations

import re
from functools import cached_property
from hashlib import sha256
from itertools import combinations
from typing import Any

import flask_smorest
import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask, Response, current_app, request

from app.schemas import fields
from app.schemas.base import ListQuerySchema
from app.settings import settings
from app.version import VERSION
from app.web import conditional_requests
from app.web.openapi import envelopes
from app.web.openapi.examples.plugin import ExamplesPlugin
from app.web.openapi.examples.recording import ADDRESS

TITLE = "Rollcall"
DESCRIPTION = """\
The backend of a learning platform: catalogue, lessons, enrollment, progress, certificates, and bulk assignment of up to
1,000,000 lines in a single call, by JSON or sheet, with an outcome for each of them.

- **Log in.** `POST /api/v1/auth/login`, then *Authorize* with the access token.
- **Success** is always `{success: true, message, data}`; lists add `count`, `count_is_exact`, `next`,
  `previous`, `page` and `page_size`.
- **Errors** are always `{success: false, message, data: null, error: {code, type, status, details, request_id}}`;
  `code` is stable, and its page is at the `type` URL.
- **Blank parameters.** A query parameter, `If-Match` or `Idempotency-Key` that is blank counts as not sent.
- **Examples** work unchanged against the demo of `make run`, for its admin.
- **Optimistic locking.** Send the `ETag` of what you read as `If-Match`: if another request has changed it since, yours is
  refused with 412.
- **Rate limits.** Every counted response has `RateLimit-Limit`, `-Remaining` and `-Reset`; unknown paths (404) and
  methods (405) are not counted. A request above the limit is refused with 429 `throttled`; `Retry-After` is the number
  of seconds to wait. Reading the catalogue, logging in, registering, mails and bulk calls have limits of their own.
"""

RATE_LIMIT_HEADERS = {
    "RateLimit-Limit": ("integer", "Requests like this one that the caller may send in a window."),
    "RateLimit-Policy": (
        "string",
        "The same with the length of the window in seconds, such as `1000;w=3600`.",
    ),
    "RateLimit-Remaining": ("integer", "Requests that are left in this window."),
    "RateLimit-Reset": ("integer", "Seconds until all of them are available again."),
}
OTHER_HEADERS = {
    "Retry-After": ("integer", "Seconds to wait before the next request."),
    "ETag": ("string", "The version of the resource: for `If-None-Match`, and for `If-Match` with a change."),
    "Link": (
        "string",
        "The previous and the next page, as `rel=prev` and `rel=next`, where there are any.",
    ),
}


def init_app(app: Flask) -> None:
    app.config.update(
        API_TITLE=TITLE,
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        OPENAPI_SWAGGER_UI_PATH="docs",
        OPENAPI_SWAGGER_UI_URL="/static/vendor/swagger-ui/",
        OPENAPI_SWAGGER_UI_CONFIG={
            "persistAuthorization": True,
            "validatorUrl": None,
            "deepLinking": True,
            "docExpansion": "none",
            "filter": True,
        },
        OPENAPI_REDOC_PATH="redoc",
        OPENAPI_REDOC_URL="/static/vendor/redoc/redoc.standalone.js",
        API_SPEC_OPTIONS={
            "info": {"description": DESCRIPTION, "license": {"name": "MIT", "identifier": "MIT"}},
            "security": [{"bearerAuth": []}],
            "components": {
                "securitySchemes": {
                    "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
                },
                "headers": {
                    name: {"schema": {"type": kind}, "description": about}
                    for name, (kind, about) in {**RATE_LIMIT_HEADERS, **OTHER_HEADERS}.items()
                },
            },
        },
    )


def headers(*names: str) -> dict[str, Any]:
    """References to headers that are described once."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


class Api(flask_smorest.Api):
    """flask-smorest's document, without its own error bodies: `app.web.problems` renders every error."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _init_spec(self, **options: Any) -> None:
        super()._init_spec(marshmallow_plugin=_Plugin(), extra_plugins=[ExamplesPlugin()], **options)

    def _register_error_handlers(self) -> None:
        """Errors are rendered by `app.web.problems` alone."""

    def _openapi_json(self) -> Response:
        """The document with an absolute URL, so that a client that saves it can send requests."""
        rest, digest = self._without_servers
        servers = current_app.json.dumps({"servers": [{"url": address()}]}).encode()
        response = Response(
            servers.removesuffix(b"}") + b", " + rest.removeprefix(b"{"), mimetype="application/json"
        )
        response.set_etag(sha256(digest + servers).hexdigest()[:24], weak=True)
        return conditional_requests.make_conditional(response)

    @cached_property
    def _without_servers(self) -> tuple[bytes, bytes]:
        """The document without its URL, serialized once per process, and its digest.

        Examples have the addresses that the API answers with, which begin with `PUBLIC_URL`.
        Clients choose the port in the URL, so a cache by URL would be missed by every new one.
        """
        body = current_app.json.dumps(self.spec.to_dict()).replace(ADDRESS, settings().public_url).encode()
        return body, sha256(body).digest()

    def _register_responses(self) -> None:
        self.spec.components.schema("Error", schema=envelopes.ErrorSchema)

    def _register_etag_headers(self) -> None:
        """Not documented apart."""

    def _register_pagination_header(self) -> None:
        """Pages are described by the envelope."""

    def describe_fields(self) -> None:
        self.register_field(fields.Choice, "string", None)
        self.register_field(fields.Choices, "array", None)
        self.register_field(fields.Money, "string", "decimal")
        self.register_field(fields.Hours, "number", None)
        self.register_field(fields.Points, "number", None)
        self.register_field(fields.Amount, "number", None)
        self.register_field(fields.Link, "string", "uri")
        self.register_field(fields.Upload, "string", "binary")
        self.register_field(fields.StreamedSheet, "string", "binary")
        self.ma_plugin.converter.add_attribute_function(_describe_value)
        self.ma_plugin.converter.add_attribute_function(_describe_amount)
        self.ma_plugin.converter.add_attribute_function(_describe_pattern)
        self.ma_plugin.converter.add_attribute_function(_describe_filter)
        self.ma_plugin.converter.add_attribute_function(_describe_day_or_instant)
        self.ma_plugin.converter.add_parameter_attribute_function(_describe_choices)


def address() -> str:
    """The URL that the client used where that is this machine, on any port; else `PUBLIC_URL`.

    Clients choose the Host header, so other names are never repeated.
    """
    return (
        f"{request.scheme}://{request.host}"
        if _THIS_MACHINE.fullmatch(request.host)
        else settings().public_url
    )


def _describe_value(_converter: object, field: ma.fields.Field[Any], **_: Any) -> dict[str, Any]:
    if isinstance(field, fields.Choices):
        return {"items": {"type": "string", "enum": [word.value for word in field.vocabulary]}}
    if isinstance(field, fields.Choice):
        words: list[str | None] = [word.value for word in field.vocabulary]
        described: dict[str, Any] = {"enum": [*words, None] if field.allow_none else words}
        if not all(word.isidentifier() for word in field.vocabulary):
            # A+ and A would be one name to generators of clients.
            described["x-enum-varnames"] = [word.name for word in field.vocabulary]
        return described
    if isinstance(field, fields.Money):
        return {"example": "49.90", "pattern": r"^[0-9]+(\.[0-9]{1,2})?$"}
    if isinstance(field, fields.Hours):
        return {"minimum": 0, "maximum": field.MOST, "description": "With at most two decimals."}
    if isinstance(field, fields.Whole) and not field.from_text:
        # Without an example, readers show the largest number that is allowed, which looks like a defect.
        return {"example": field.metadata.get("example", 1)}
    return {}


def _describe_amount(_converter: object, field: ma.fields.Field[Any], **_: Any) -> dict[str, Any]:
    if not isinstance(field, fields.Amount):
        return {}
    least = "exclusiveMinimum" if field.above else "minimum"
    return {least: field.minimum, "maximum": field.maximum}


def _describe_choices(_converter: object, field: ma.fields.Field[Any], **_: Any) -> dict[str, Any]:
    return {"style": "form", "explode": False} if isinstance(field, fields.Choices) else {}


def _describe_pattern(_converter: object, field: ma.fields.Field[Any], **_: Any) -> dict[str, str]:
    """A pattern as JSON Schema reads it: searched for, not matched from the start, ended by `$`."""
    rules = [str(rule.regex.pattern) for rule in field.validators if isinstance(rule, ma.validate.Regexp)]
    return {"pattern": "^(?:" + rules[0].removesuffix(r"\Z") + ")$"} if rules else {}


def _describe_filter(
    _converter: object, field: ma.fields.Field[Any], *, ret: dict[str, Any]
) -> dict[str, Any]:
    """A filter that is not given is absent: a query has no null, and an example would be taken for a value to filter by."""
    if isinstance(getattr(field, "root", None), ListQuerySchema):
        kinds = [kind for kind in ret.get("type", ()) if kind != "null"]
        ret.pop("example", None)
        if ret.get("default", ...) is None:
            del ret["default"]
        if isinstance(ret["type"], list):
            ret["type"], *_ = kinds
        if "enum" in ret:
            ret["enum"] = [word for word in ret["enum"] if word is not None]
    return {}


def _describe_day_or_instant(
    _converter: object, field: ma.fields.Field[Any], *, ret: dict[str, Any]
) -> dict[str, Any]:
    """Two formats: a validator of `date-time` alone refuses the day."""
    if not isinstance(field, fields.DayOrInstant):
        return {}
    del ret["format"]
    either: list[dict[str, str]] = [{"type": "string", "format": kind} for kind in ("date", "date-time")]
    return {"anyOf": [*either, {"type": "null"}] if "null" in ret.pop("type") else either}


_THIS_MACHINE = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)

_ABSENT: dict[str, Any] = {"not": {}}
"""The schema of a member that may not be there."""


class _Converter(OpenAPIConverter):
    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """The schema with the rules for several members together, in a form that client generators ignore."""
        described: dict[str, Any] = super().schema2jsonschema(schema)
        if envelopes.is_response(type(schema)):
            described["required"] = list(getattr(schema, "ALWAYS_SENT", None) or described["properties"])
        one_of, some_of = getattr(schema, "ONE_OF", ()), getattr(schema, "SOME_OF", ())
        if one_of or (some_of and not schema.partial):
            none = {"properties": dict.fromkeys(one_of or some_of, _ABSENT)}
            two = [{"required": list(pair)} for pair in combinations(one_of, 2)]
            described["not"] = {"anyOf": [none, *two]} if two else none
        return described


class _Plugin(MarshmallowPlugin):
    Converter = _Converter
