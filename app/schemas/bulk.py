"""Calls about many rows: the ids in, and the report out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import marshmallow as ma

from app.schemas import fields
from app.schemas.base import Schema

MAX_BYTES = 4 * 1024 * 1024
"""What a body that names many people may weigh."""


class Ids(ma.fields.List[str]):
    """A list of strings, at least one. Whether each can be an id is the report's to say."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ma.fields.String(), required=True, validate=ma.validate.Length(min=1), **kwargs)


class Counts(ma.fields.Dict):
    """How often each outcome came about.

    :param always: the outcomes that are there in any case, zeros included
    :param sometimes: those that are there only in some reports
    """

    def __init__(
        self, always: Iterable[StrEnum], *, sometimes: Iterable[StrEnum] = (), **kwargs: Any
    ) -> None:
        listed = [outcome.value for outcome in always]
        every = [*listed, *(outcome.value for outcome in sometimes)]
        super().__init__(
            required=True,
            metadata={
                "description": "Every outcome that can be, zeros included; they add up to `requested`.",
                "properties": {outcome: {"type": "integer"} for outcome in every},
                "required": listed,
                "additionalProperties": False,
            },
            **kwargs,
        )


class LineSchema(Schema):
    """One row of the call and what became of it."""

    row = fields.Whole(required=True, minimum=1, metadata={"description": "From 1, in the order sent."})
    input = ma.fields.String(required=True, metadata={"description": "The string as sent."})
    code = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The reason code of a refusal."}
    )


class Lines(ma.fields.List[Any]):
    """Lines as their schema has them, ten thousand in one pass: dumping each by itself would take a second."""

    def __init__(self, schema: type[LineSchema]) -> None:
        super().__init__(ma.fields.Nested(schema), required=True)
        self.members = {name: member.attribute or name for name, member in schema().fields.items()}

    def _serialize(self, value: Sequence[Any] | None, *_: Any, **__: Any) -> list[dict[str, Any]]:
        members = self.members.items()
        return [{name: getattr(line, attribute) for name, attribute in members} for line in value or ()]


class ReportSchema(Schema):
    """The sums of a bulk call."""

    requested = fields.Whole(required=True)
    unique = fields.Whole(required=True, metadata={"description": "Requested without the duplicates."})
