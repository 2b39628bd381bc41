"""The sentences that replace those of marshmallow's own fields and validators."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

_NOT_AN_OBJECT = "Must be a JSON object."

UNKNOWN = "Unknown field."
READ_ONLY = "Read-only: this request cannot set it."

OF_SCHEMAS = {"type": _NOT_AN_OBJECT, "unknown": UNKNOWN}

_REPLACED = {
    "Missing data for required field.": "This field is required.",
    "Field may not be null.": "Must not be null.",
    "Invalid type.": _NOT_AN_OBJECT,
    "Not a valid mapping type.": _NOT_AN_OBJECT,
    "Not a valid list.": "Must be a list.",
    "Not a valid string.": "Must be a string.",
    "Not a valid utf-8 string.": "Must be a string in UTF-8.",
    "Not a valid integer.": "Must be a whole number.",
    "Not a valid number.": "Must be a number.",
    "Not a valid boolean.": "Must be true or false.",
    "Not a valid UUID.": "Must be a UUID.",
    "Not a valid URL.": "Must be a URL that begins with http:// or https://.",
}


def reword(field: ma.fields.Field[Any]) -> None:
    """Replace marshmallow's sentences in a field, and in the fields within it."""
    field.error_messages = {
        key: _REPLACED.get(said, said) if isinstance(said, str) else said
        for key, said in field.error_messages.items()
    }
    if isinstance(field, ma.fields.List):
        reword(field.inner)


class Length(validate.Length):
    """The number of characters of a string, or of the items in a list."""

    def _format_error(self, value: Any, _message: str) -> str:
        unit = "character" if isinstance(value, str) else "item"
        if self.max is None:
            return f"Must have at least {self.min:,} {unit}{'' if self.min == 1 else 's'}."
        most = f"{self.max:,} {unit}{'' if self.max == 1 else 's'}."
        return f"Must have at most {most}" if self.min is None else f"Must have {self.min:,} to {most}"


class Range(validate.Range):
    """A range of whole numbers.

    :param is_bounded: whether the maximum is a rule; otherwise it is only the largest number that can be stored
    """

    def __init__(self, *, min: int, max: int, is_bounded: bool) -> None:  # the names of the base class
        super().__init__(min=min, max=max)
        self.is_bounded = is_bounded

    def _format_error(self, value: Any, _message: str) -> str:
        if self.is_bounded:
            return f"Must be between {self.min:,} and {self.max:,}."
        return f"Must be at least {self.min:,}." if value < self.min else f"Must be at most {self.max:,}."


class OneOf(validate.OneOf):
    """One of the listed words."""

    default_message = "Must be one of {choices}."
