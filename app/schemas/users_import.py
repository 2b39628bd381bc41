"""The import of users from a CSV file of any HR system, and its report row by row."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import post_load, pre_load, validate

from app.enums import ImportOutcome, OnConflict, Role
from app.schemas import bulk, fields, sheets
from app.schemas.base import Schema
from app.schemas.users import NamesSchema, Username
from app.schemas.users_import_columns import PEOPLE
from app.values.identifiers import MOST_ROWS


class RoleWord(fields.Choice):
    """A role, also by the names that other systems use."""

    _OTHERS: ClassVar = {"teacher": Role.INSTRUCTOR, "learner": Role.STUDENT}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return super()._deserialize(self._OTHERS.get(value.casefold(), value), attr, data, **kwargs)


class PersonRef(fields.Identifier):
    """An address, a username or an external id of a user."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        named = super()._deserialize(value, attr, data, **kwargs)
        with suppress(ma.ValidationError):
            return fields.Email().deserialize(named)
        return named


class ImportedPersonSchema(NamesSchema):
    """The cells of one row."""

    SOME_OF: ClassVar = ()

    email = fields.Email()
    full_name = fields.Text(
        max_length=201,
        validate=validate.ContainsNoneOf(
            ",", error="Write the first name first, or give first_name and last_name in columns of their own."
        ),
    )
    username = Username()
    external_id = fields.Text(max_length=100)
    department = fields.Text(max_length=100)
    hired_on = fields.CellDay()
    role = RoleWord((Role.STUDENT, Role.INSTRUCTOR))
    reports_to = PersonRef(max_length=254, data_key="manager")
    is_active = fields.CellFlag()
    status = fields.CellStatus()
    suspended = fields.CellFlag()
    deleted = fields.CellFlag()

    @pre_load
    def choose(self, cells: Mapping[str, str], **_: Any) -> dict[str, str]:
        """First and last name win over the whole name; a login with an @ is an email address, not a username."""
        chosen = _names_of(cells)
        if "@" in chosen.get("username", ""):
            chosen.setdefault("email", chosen.pop("username"))
            chosen.pop("username", None)
        return chosen

    @post_load
    def sum_up_activity(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A user is active unless a column says otherwise."""
        signs = [given.pop(name) for name in ("is_active", "status") if name in given]
        signs += [not given.pop(name) for name in ("suspended", "deleted") if name in given]
        return {**given, "is_active": all(signs)} if signs else given


def _names_of(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells with a first name, where it follows from the whole name and the last name."""
    full_name, last_name = cells.get("full_name", ""), cells.get("last_name", "")
    if not full_name or "," in full_name or not ("first_name" in cells or last_name):
        return {
            name: cell for name, cell in cells.items() if name != "full_name" or "first_name" not in cells
        }
    # Beside a last name, `name` is the first one, or both.
    first_name = full_name.removesuffix(f" {last_name}")
    return {"first_name": first_name, **{name: cell for name, cell in cells.items() if name != "full_name"}}


class PeopleFileSchema(Schema):
    """A CSV file of users."""

    file = sheets.SheetUpload(
        ImportedPersonSchema,
        PEOPLE,
        one_of=("email", "external_id"),
        most=MOST_ROWS,
        required=True,
        metadata={
            "description": f"{sheets.FORM} At most {MOST_ROWS:,} rows. Columns: "
            + ", ".join(f"`{column.name}`" for column in PEOPLE)
            + ", also under the names that HR systems, OneRoster, Canvas and Moodle give them."
        },
    )


class ImportQuerySchema(Schema):
    """The options of an import."""

    on_conflict = fields.Choice(
        OnConflict,
        load_default=OnConflict.REFUSE,
        metadata={
            "description": "What happens to a row whose external id belongs to an account with another name and address: `refuse`"
            " reports it as invalid, `update` changes that account. Its line has the code `identity_conflict`."
        },
    )
    strict = fields.Flag(
        load_default=False,
        metadata={"description": "true: refuse a file with unknown columns, in place of ignoring them."},
    )


class ImportLineSchema(bulk.LineSchema):
    """One row of the file and its outcome."""

    input = ma.fields.String(
        required=True, metadata={"description": "The external id as sent, or else the email address."}
    )
    user_id = fields.Id(required=True, allow_none=True)
    outcome = fields.Choice(ImportOutcome, required=True)
    details = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.List(ma.fields.String()),
        required=True,
        metadata={"description": "Errors, by column."},
    )


class ImportReportSchema(bulk.BulkReportSchema):
    """The report of an import: a line for each row of the file."""

    counts = bulk.Counts(ImportOutcome)
    sheet = ma.fields.Nested(sheets.SheetSchema, required=True)
    results = bulk.ReportLines(ImportLineSchema)
