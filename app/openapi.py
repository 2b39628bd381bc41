"""The OpenAPI document as a whole: its frame, how it describes fields, and the envelopes of answers and errors."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import flask_smorest
import marshmallow as ma
from flask import Flask

from app.schemas import fields

TITLE = "Rollcall"
VERSION = "1.0.0"
DESCRIPTION = """\
A learning platform's backend: catalogue, lessons, enrollment, progress, certificates, and the assignment of one or of
thousands of people in a single call with a report for each of them.

- **Signing in.** `POST /api/v1/auth/login`, then *Authorize* with the access token.
- **Success** is always `{success: true, message, data}`; lists add `count`, `next`, `previous`, `page` and `page_size`.
- **Errors** are always `{success: false, message, data: null, error: {code, type, status, details, request_id}}`;
  `code` is the contract and has a page at its `type` URL.
- **Slow down.** Every answer tells in `RateLimit-Limit`, `-Remaining` and `-Reset` how many requests are left; beyond that
  it is 429 `throttled`, and `Retry-After` says for how many seconds. Reading the catalogue, logging in, registering, mails
  and bulk calls have budgets of their own.
"""

STANDING = {
    "RateLimit-Limit": ("integer", "How many requests like this one the caller has in a window."),
    "RateLimit-Policy": ("string", "The same with the window's seconds, such as `1000;w=3600`."),
    "RateLimit-Remaining": ("integer", "How many of them are left."),
    "RateLimit-Reset": ("integer", "In how many seconds they are all back."),
}
RETRY_AFTER = {"Retry-After": ("integer", "In how many seconds to come back.")}


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
            "info": {"description": DESCRIPTION, "license": {"name": "MIT"}},
            "servers": [{"url": "/"}],
            "security": [{"bearerAuth": []}],
            "components": {
                "securitySchemes": {
                    "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
                },
                "headers": {
                    name: {"schema": {"type": kind}, "description": about}
                    for name, (kind, about) in {**STANDING, **RETRY_AFTER}.items()
                },
            },
        },
    )


def headers(*names: str) -> dict[str, Any]:
    """References to headers that are described once."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


class Api(flask_smorest.Api):
    """flask-smorest's document, without its own error bodies: `app.problems` renders every error."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Errors are rendered by `app.problems` alone."""

    def _register_responses(self) -> None:
        self.spec.components.schema("Error", schema=ErrorSchema)

    def _register_etag_headers(self) -> None:
        """Not documented apart."""

    def _register_pagination_header(self) -> None:
        """Pages are described by the envelope."""

    def describe_fields(self) -> None:
        self.register_field(fields.Choice, "string", None)
        self.register_field(fields.Money, "string", "decimal")
        self.register_field(fields.Hours, "number", None)
        self.register_field(fields.Link, "string", "uri")
        self.register_field(fields.Upload, "string", "binary")
        self.ma_plugin.converter.add_attribute_function(_describe_value)
        self.ma_plugin.converter.add_attribute_function(_describe_pattern)


def _describe_value(_converter: object, field: ma.fields.Field[Any], **_: Any) -> dict[str, Any]:
    if isinstance(field, fields.Choice):
        words: list[str | None] = [word.value for word in field.vocabulary]
        return {"enum": [*words, None] if field.allow_none else words}
    if isinstance(field, fields.Money):
        return {"example": "49.90"}
    if isinstance(field, fields.Whole) and not field.from_text:
        # Readers make up the largest number that is allowed, which reads like a defect.
        return {"example": field.metadata.get("example", 1)}
    return {}


def _describe_pattern(_converter: object, field: ma.fields.Field[Any], **_: Any) -> dict[str, str]:
    """A pattern as JSON Schema reads it: searched for, not matched from the start, ended by `$`."""
    rules = [str(rule.regex.pattern) for rule in field.validators if isinstance(rule, ma.validate.Regexp)]
    return {"pattern": "^(?:" + rules[0].removesuffix(r"\Z") + ")$"} if rules else {}


class ErrorBodySchema(ma.Schema):
    code = ma.fields.String(required=True, metadata={"example": "course_full"})
    type = ma.fields.String(
        required=True, metadata={"format": "uri", "description": "A page about this code."}
    )
    status = ma.fields.Integer(required=True, metadata={"example": 409})
    details = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()), required=True
    )
    request_id = ma.fields.String(required=True)


class ErrorSchema(ma.Schema):
    success = ma.fields.Boolean(required=True, metadata={"enum": [False]})
    message = ma.fields.String(required=True)
    data = ma.fields.Raw(required=True, metadata={"type": "null"})
    error = ma.fields.Nested(ErrorBodySchema, required=True)


@lru_cache
def envelope(schema: type[ma.Schema] | None) -> type[ma.Schema]:
    """The documented shape of a single answer."""
    data: ma.fields.Field[Any] = (
        ma.fields.Raw(required=True, metadata={"type": "null"})
        if schema is None
        else ma.fields.Nested(schema, required=True)
    )
    return _named(f"{_stem(schema)}Answer", {**_frame(), "data": data})


@lru_cache
def list_envelope(schema: type[ma.Schema], summary: type[ma.Schema] | None = None) -> type[ma.Schema]:
    """The documented shape of one page of a list, with what is told about the whole of it."""
    return _named(
        f"{_stem(schema)}Page",
        {
            **_frame(),
            "data": ma.fields.List(ma.fields.Nested(schema), required=True),
            "count": ma.fields.Integer(required=True),
            "count_is_exact": ma.fields.Boolean(required=True),
            "next": ma.fields.String(required=True, allow_none=True, metadata={"format": "uri"}),
            "previous": ma.fields.String(required=True, allow_none=True, metadata={"format": "uri"}),
            "page": ma.fields.Integer(required=True, allow_none=True),
            "page_size": ma.fields.Integer(required=True),
            **(summary().fields if summary else {}),
        },
    )


def _frame() -> dict[str, ma.fields.Field[Any]]:
    return {
        "success": ma.fields.Boolean(required=True, metadata={"enum": [True]}),
        "message": ma.fields.String(required=True),
    }


def _stem(schema: type[ma.Schema] | None) -> str:
    return "Empty" if schema is None else schema.__name__.removesuffix("Schema")


def _named(name: str, members: dict[str, ma.fields.Field[Any]]) -> type[ma.Schema]:
    return ma.Schema.from_dict(members, name=name)
