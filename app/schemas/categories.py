"""Categories of the catalogue, in and out."""

from typing import ClassVar

from marshmallow import validate

from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, ordering, search_term

SLUG_LENGTH = 120


def slug_field(*, max_length: int) -> fields.Text:
    """The slug that the client chooses; without one it is made from the name."""
    spelling = validate.Regexp(
        r"[a-z0-9]+(-[a-z0-9]+)*\Z", error="Use lower-case letters, digits and single hyphens."
    )
    return fields.Text(
        min_length=1,
        max_length=max_length,
        validate=spelling,
        metadata={"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
    )


class CategorySchema(Schema):
    """A category with the number of its published courses."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    name = fields.Text(max_length=100)
    slug = fields.Text(max_length=SLUG_LENGTH)
    description = fields.Text(max_length=2000)
    icon = fields.Text(max_length=100)
    is_active = fields.Flag()
    course_count = fields.Whole()
    created_at = fields.Instant()
    updated_at = fields.Instant()


class CategoryInputSchema(Schema):
    """A whole category. Without a slug, a new one gets it from its name, and an existing one keeps its own."""

    EXAMPLE: ClassVar = {"name": "Finance", "description": "Money and how to count it.", "icon": "coins"}

    name = fields.Text(min_length=1, max_length=100, required=True)
    slug = slug_field(max_length=SLUG_LENGTH)
    description = fields.Text(max_length=2000, load_default="")
    icon = fields.Text(max_length=100, load_default="")
    is_active = fields.Flag(load_default=True)


class CategoryPatchSchema(CategoryInputSchema):
    """The fields of a category that change."""

    EXAMPLE: ClassVar = {"is_active": False}


class CategoryQuerySchema(ListQuerySchema):
    search = search_term()
    is_active = fields.Flag(load_default=None)
    ordering = ordering("name", "created_at", default="name")
