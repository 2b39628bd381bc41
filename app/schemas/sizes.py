"""The longest body that a schema can accept, in bytes: a longer one is refused before it is read."""

from __future__ import annotations

from functools import cache

import marshmallow as ma
from marshmallow import validate

LONGEST = 1024 * 1024
"""For a schema whose fields have no limit of their own."""

SHORTEST = 16 * 1024
"""Leaves room for whitespace, and for mistakes that deserve an error of their own."""

_CHARACTER = 12
"""Bytes: JSON may write one as two escapes, such as an emoji."""

_MARKS = len('"": ,')
"""Bytes around a name, a string or an object."""

_VALUE = 64
"""Bytes of a number, a date, an id or a word from a list."""


@cache
def longest_body(schema: ma.Schema) -> int:
    """In bytes, at least `SHORTEST` and at most `LONGEST`."""
    return min(LONGEST, max(SHORTEST, _object(schema)))


def _object(schema: ma.Schema) -> int:
    return _MARKS + sum(len(name) + _MARKS + _value(field) for name, field in schema.fields.items())


def _value(field: ma.fields.Field) -> int:
    most = _most(field)
    if isinstance(field, ma.fields.Nested):
        return _object(field.schema) * (most or LONGEST if field.many else 1)
    if isinstance(field, ma.fields.List):
        return _value(field.inner) * (most or LONGEST)
    if isinstance(field, (ma.fields.Dict, ma.fields.Raw)):
        return LONGEST
    if isinstance(field, ma.fields.UUID) or not isinstance(field, ma.fields.String):
        return _VALUE
    return (most or _longest_choice(field) or LONGEST) * _CHARACTER + _MARKS


def _most(field: ma.fields.Field) -> int | None:
    if isinstance(field, ma.fields.Email | ma.fields.Url) or type(field).__name__ == "Email":
        return 2_000
    lengths = [rule.max for rule in field.validators if isinstance(rule, validate.Length) and rule.max]
    return min(lengths) if lengths else None


def _longest_choice(field: ma.fields.Field) -> int | None:
    choices = [rule.choices for rule in field.validators if isinstance(rule, validate.OneOf)]
    return max(len(str(each)) for each in choices[0]) if choices else None
