"""Bulk calls: ids in, the report out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import marshmallow as ma

from app.schemas import fields
from app.schemas.base import Schema

MAX_BYTES = 4 * 1024 * 1024
"""The largest body of a bulk call, in bytes."""


class Ids(ma.fields.List[str]):
    """A list of strings, at least one. The report says which of them cannot be ids."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ma.fields.String(), required=True, validate=fields.Length(min=1), **kwargs)


class Counts(ma.fields.Dict):
    """The number of rows for each outcome.

    :param always: the outcomes that every report has, zeros included
    :param sometimes: those that only some reports have
    """

    def __init__(
        self, always: Iterable[StrEnum], *, sometimes: Iterable[StrEnum] = (), **kwargs: Any
    ) -> None:
        listed = [outcome.value for outcome in always]
        self.order = every = [*listed, *(outcome.value for outcome in sometimes)]
        super().__init__(
            required=True,
            metadata={
                "description": "Rows by outcome, zeros included; they add up to `requested`.",
                "properties": {outcome: {"type": "integer"} for outcome in every},
                "required": listed,
                "additionalProperties": False,
            },
            **kwargs,
        )

    def _serialize(self, value: Mapping[str, int] | None, *_: Any, **__: Any) -> dict[str, int]:
        """In one order: PostgreSQL keeps the members of JSON in another one than they were written in."""
        return {outcome: value[outcome] for outcome in self.order if outcome in value} if value else {}


class LineSchema(Schema):
    """One row of the call and its outcome."""

    row = fields.Whole(
        required=True, minimum=1, metadata={"description": "Number of the row, from 1 in the order sent."}
    )
    input = ma.fields.String(required=True, metadata={"description": "The id as sent."})
    code = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The reason code of a refusal."}
    )


class ReportLines(ma.fields.List[Any]):
    """Rows in the form of their schema, serialized in one pass: dumping 10,000 one by one takes a second."""

    def __init__(self, schema: type[LineSchema]) -> None:
        super().__init__(ma.fields.Nested(schema), required=True)
        self.members = {name: member.attribute or name for name, member in schema().fields.items()}

    def _serialize(self, value: Sequence[Any] | None, *_: Any, **__: Any) -> list[dict[str, Any]]:
        members = self.members.items()
        return [{name: getattr(line, attribute) for name, attribute in members} for line in value or ()]


class BulkReportSchema(Schema):
    """The sums of a bulk call."""

    requested = fields.Whole(required=True)
    unique = fields.Whole(required=True, metadata={"description": "Rows without the duplicates."})
