"""Sheets of users to assign, with the options of the call; and calls about several courses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import marshmallow as ma

from app.enums import AssignmentAction
from app.schemas import fields
from app.schemas.assignments import AssignMultipleSchema, Strings, UnassignMultipleSchema
from app.schemas.base import Schema

FILE = (
    "CSV in UTF-8, UTF-16 with a byte order mark, or Windows-1252, separated by comma, semicolon, tab or bar; or NDJSON. At"
    " most 200 MiB and 1,000,000 lines. The header names the columns: user_id, external_id, email, username, course, due_at, or"
    " one of their other names; with `strict=true` an unknown column is refused."
)
_OF_ASSIGNING = ("due_at", "due_in_days", "override_seats", "on_existing")


def _file() -> fields.StreamedSheet:
    return fields.StreamedSheet(required=True, metadata={"description": FILE})


class AssignSheetSchema(AssignMultipleSchema):
    """A sheet of users to assign to one course."""

    SOME_OF: ClassVar = ()

    file = _file()

    def _check_due_to_update(self, data: dict[str, Any], **_: Any) -> None:
        """The due dates may be in the sheet."""


class UnassignSheetSchema(UnassignMultipleSchema):
    """A sheet of users to unassign from one course."""

    SOME_OF: ClassVar = ()

    file = _file()


class SeveralCoursesSchema(Schema):
    """The action and the courses of a call about several courses."""

    action = fields.Choice((AssignmentAction.ASSIGN, AssignmentAction.UNASSIGN), required=True)
    course_ids = Strings("Courses by id, slug or code; each is taken once.")

    @ma.validates_schema
    def _check_terms(self, data: dict[str, Any], **_: Any) -> None:
        given = [name for name in _OF_ASSIGNING if name in data]
        if data.get("action") == AssignmentAction.UNASSIGN and given:
            raise ma.ValidationError({name: ["Only for `action: assign`."] for name in given})

    @ma.post_load
    def _without_terms(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["action"] == AssignmentAction.UNASSIGN:
            return {name: value for name, value in data.items() if name != "terms"}
        return data


class SeveralAssignSchema(SeveralCoursesSchema, AssignMultipleSchema):
    """Users to assign to several courses, or to unassign from them."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "action": "ASSIGN",
        "course_ids": ["CCC-2014J", "DDD-2014J"],
        "emails": ["ada@example.org", "grace@example.org"],
        "due_in_days": 30,
    }


class SeveralAssignSheetSchema(SeveralCoursesSchema, AssignSheetSchema):
    """A sheet of users to assign or unassign; its column `course` may name a course for each."""
