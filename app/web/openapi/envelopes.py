"""The envelopes of responses in the OpenAPI document: of one value, of a page of a list, of an error."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import marshmallow as ma

_DECISION = {
    "type": "object",
    "properties": {"outcome": {"type": "string"}, "code": {"type": ["string", "null"]}},
}
_CHANGED_ROW = {
    "type": "object",
    "properties": {
        "row": {"type": "integer"},
        "input": {"type": "string"},
        "user_id": {"type": ["string", "null"]},
        "course_id": {"type": ["string", "null"]},
        "planned": _DECISION,
        "present": _DECISION,
    },
}
"""A line of a plan whose decision would now be another one."""


class ErrorBodySchema(ma.Schema):
    code = ma.fields.String(required=True, metadata={"example": "course_full"})
    type = ma.fields.String(
        required=True, metadata={"format": "uri-reference", "description": "The page about this code."}
    )
    status = ma.fields.Integer(required=True, metadata={"example": 409})
    details = ma.fields.Dict(
        keys=ma.fields.String(),
        required=True,
        metadata={
            "description": "Sentences by place, such as `lessons.3.title`; of `plan_changed`, `changed` and `rows`.",
            "additionalProperties": {
                "anyOf": [
                    {"type": "array", "items": {"anyOf": [{"type": "string"}, _CHANGED_ROW]}},
                    {"type": "integer"},
                ]
            },
        },
    )
    request_id = ma.fields.String(required=True)


class ErrorSchema(ma.Schema):
    success = ma.fields.Boolean(required=True, metadata={"enum": [False]})
    message = ma.fields.String(required=True)
    data = ma.fields.Raw(required=True, metadata={"type": "null"})
    error = ma.fields.Nested(ErrorBodySchema, required=True)


@lru_cache
def envelope(schema: type[ma.Schema] | None) -> type[ma.Schema]:
    """The documented shape of a response with one object."""
    data: ma.fields.Field[Any] = (
        ma.fields.Raw(required=True, metadata={"type": "null"})
        if schema is None
        else ma.fields.Nested(schema, required=True)
    )
    return _sending(_named(f"{_stem(schema)}Answer", {**_frame(), "data": data}))


@lru_cache
def list_envelope(schema: type[ma.Schema], summary: type[ma.Schema] | None = None) -> type[ma.Schema]:
    """The documented shape of one page of a list, with a summary of the whole list."""
    members = {
        **_frame(),
        "data": ma.fields.List(ma.fields.Nested(schema), required=True),
        "count": ma.fields.Integer(required=True),
        "count_is_exact": ma.fields.Boolean(required=True),
        "next": ma.fields.String(required=True, allow_none=True, metadata={"format": "uri"}),
        "previous": ma.fields.String(required=True, allow_none=True, metadata={"format": "uri"}),
        "page": ma.fields.Integer(required=True, allow_none=True),
        "page_size": ma.fields.Integer(required=True),
        **(summary().fields if summary else {}),
    }
    return _sending(_named(f"{_stem(schema)}Page", members))


def _frame() -> dict[str, ma.fields.Field[Any]]:
    return {
        "success": ma.fields.Boolean(required=True, metadata={"enum": [True]}),
        "message": ma.fields.String(required=True),
    }


def _stem(schema: type[ma.Schema] | None) -> str:
    return "Empty" if schema is None else schema.__name__.removesuffix("Schema")


def _named(name: str, members: dict[str, ma.fields.Field[Any]]) -> type[ma.Schema]:
    return ma.Schema.from_dict(members, name=name)


_sent: set[type[ma.Schema]] = set()
"""The schemas of responses. Marshmallow dumps every field, so all their members are always sent."""


def _sending(schema: type[ma.Schema]) -> type[ma.Schema]:
    """Record that a schema shapes a response, with all schemas that are nested in it."""
    if schema not in _sent:
        _sent.add(schema)
        for field in schema().fields.values():
            inner = _nested_in(field)
            if inner is not None:
                _sending(inner)
    return schema


def is_response(schema: type[ma.Schema]) -> bool:
    """Whether a schema shapes a response, or is nested in one that does."""
    return schema in _sent


def _nested_in(field: ma.fields.Field[Any]) -> type[ma.Schema] | None:
    if isinstance(field, ma.fields.List):
        return _nested_in(field.inner)
    return type(field.schema) if isinstance(field, ma.fields.Nested) else None
