"""People in a CSV file, and the report row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import marshmallow as ma

from app import csv_in
from app.enums import ImportOutcome, Role
from app.schemas import bulk, fields
from app.schemas.base import Schema
from app.schemas.users import Username

MOST_ROWS = 10_000


class ImportedPersonSchema(Schema):
    """What the cells of one row may hold."""

    email = fields.Email()
    first_name = fields.Text(max_length=100)
    last_name = fields.Text(max_length=100)
    username = Username()
    external_id = fields.Text(max_length=100)
    department = fields.Text(max_length=100)
    hired_on = fields.Day()
    role = fields.Choice((Role.STUDENT, Role.INSTRUCTOR))


class PeopleFile(fields.Upload):
    """A CSV file of people, as rows of checked values. A row that is wrong keeps its cells and says why."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        content: bytes = super()._deserialize(value, attr, data, **kwargs)
        person = ImportedPersonSchema()
        rows = csv_in.read(content, tuple(person.fields), one_of=("email", "external_id"), most=MOST_ROWS)
        return [_checked(person, row) for row in rows]


class PeopleFileSchema(Schema):
    """A CSV file of people."""

    file = PeopleFile(
        max_bytes=4 * 1024 * 1024,
        required=True,
        metadata={
            "description": "CSV in UTF-8, commas or semicolons, at most 10,000 rows; the header names some of `email`,"
            " `first_name`, `last_name`, `username`, `external_id`, `department`, `hired_on`, `role`."
        },
    )


class ImportLineSchema(bulk.LineSchema):
    """One row of the file and what became of it."""

    input = ma.fields.String(
        required=True, metadata={"description": "Its external id as sent, or its email."}
    )
    user_id = fields.Id(required=True, allow_none=True)
    outcome = fields.Choice(ImportOutcome, required=True)
    details = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.List(ma.fields.String()),
        required=True,
        metadata={"description": "What is wrong, by column."},
    )


class ImportReportSchema(bulk.ReportSchema):
    """What became of every row of the file."""

    counts = bulk.Counts(ImportOutcome)
    results = bulk.Lines(ImportLineSchema)


def _checked(person: ma.Schema, row: csv_in.Row) -> csv_in.Row:
    if row.trouble:
        return row
    try:
        return replace(row, values=person.load(row.cells))
    except ma.ValidationError as problem:
        return replace(row, trouble=problem.normalized_messages())
