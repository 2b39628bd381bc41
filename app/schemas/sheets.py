"""CSV files in a form: rows of validated values, and how the file was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import marshmallow as ma

from app.adapters import sheets
from app.schemas import fields
from app.schemas.base import Schema

MAX_BYTES = 4 * 1024 * 1024

FORM = (
    "CSV in UTF-8, UTF-16 with a byte order mark, or Windows-1252, at most 4 MiB; separated by comma, semicolon, tab or"
    " bar. The header names the columns; unknown ones are ignored."
)


class SheetUpload(fields.Upload):
    """A CSV file as a `Sheet` of validated rows. An invalid row keeps its cells, with its errors."""

    def __init__(
        self,
        row: type[Schema],
        columns: Sequence[sheets.Column],
        *,
        one_of: Collection[str],
        most: int,
        **kwargs: Any,
    ) -> None:
        self.row, self.columns, self.one_of, self.most = row, columns, one_of, most
        super().__init__(max_bytes=MAX_BYTES, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        content: bytes = super()._deserialize(value, attr, data, **kwargs)
        sheet = sheets.read(content, self.columns, one_of=self.one_of, most=self.most)
        row = self.row()
        return replace(sheet, rows=[_checked(row, each) for each in sheet.rows])


class SheetSchema(Schema):
    """How a sheet was read."""

    encoding = ma.fields.String(
        required=True, metadata={"enum": ["utf-8", "utf-16", "utf-32", "windows-1252"]}
    )
    delimiter = ma.fields.String(required=True, metadata={"enum": ["comma", "semicolon", "tab", "bar"]})
    columns = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        required=True,
        metadata={"description": "For each column that was read, its title in the file."},
    )
    ignored_columns = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "Titles of the columns that were ignored."},
    )


def _checked(schema: ma.Schema, row: sheets.Row) -> sheets.Row:
    if row.errors:
        return row
    try:
        loaded = schema.load(row.values)
    except ma.ValidationError as error:
        return row.with_errors(error.normalized_messages())
    return replace(row, values={name: value for name, value in loaded.items() if value not in {"", None}})
