"""Sections of a course, in and out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import List, Nested

from app.schemas import fields
from app.schemas.base import Schema

LAST_PLACE = 1_000_000
MOST_IN_ORDER = 2_000
"""The most lessons of a section, and more than the most sections of a course."""


class SectionSchema(Schema):
    """A section, for every caller who sees its course."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    course_id = fields.Id()
    title = fields.Text(max_length=200)
    description = fields.Text(max_length=5000)
    position = fields.Whole(minimum=1)
    created_at = fields.Instant()
    updated_at = fields.Instant()


class SectionInputSchema(Schema):
    """A whole section. Without a position a new one is appended, and an existing one keeps its own."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "title": "The balance sheet",
        "description": "What a company owns and owes.",
    }

    title = fields.Text(min_length=1, max_length=200, required=True)
    description = fields.Text(max_length=5000, load_default="")
    position = fields.Whole(minimum=1, maximum=LAST_PLACE)


class SectionPatchSchema(SectionInputSchema):
    """The fields of a section that change."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"title": "The balance sheet, explained"}


class OrderSchema(Schema):
    """Every current id exactly once, in the new order."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "order": ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"]
    }

    order = List(fields.Id(), required=True, validate=fields.Length(max=MOST_IN_ORDER))


class OrderedSectionsSchema(Schema):
    """The sections of a course, in order."""

    sections = List(Nested(SectionSchema))
