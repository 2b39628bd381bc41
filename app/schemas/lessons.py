"""Lessons with their bodies, and in the public outline."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import List, Nested, String

from app.adapters import markdown
from app.enums import LessonType
from app.schemas import fields
from app.schemas.base import Schema, course_ref
from app.schemas.files import AttachmentSchema
from app.schemas.sections import LAST_PLACE

MOST_AT_ONCE = 500
LONGEST_SECONDS = 10_000_000


class SafeHtml(String):
    """A Markdown column as HTML that is safe to show."""

    def _serialize(self, value: Any, *place: Any, **kwargs: Any) -> str | None:
        return super()._serialize(markdown.render(value), *place, **kwargs)


class LessonOutlineSchema(Schema):
    """A lesson for every caller who sees its course. `position` counts within its section."""

    id = fields.Id()
    section_id = fields.Id()
    title = fields.Text(max_length=200)
    type = fields.Choice(LessonType)
    duration_seconds = fields.Whole(allow_none=True)
    is_preview = fields.Flag()
    is_required = fields.Flag()
    position = fields.Whole(minimum=1)


class CourseLessonSchema(LessonOutlineSchema):
    """A lesson in the outline of its course. `position` counts over the whole course."""

    section_title = fields.Text(max_length=200)


class LessonSchema(LessonOutlineSchema):
    """A whole lesson: the Markdown as written, and the same as HTML that is safe to show."""

    IS_RESOURCE: ClassVar = True

    course_id = fields.Id()
    content = fields.Text(max_length=200_000)
    content_html = SafeHtml(attribute="content", dump_only=True)
    video_url = fields.Link(allow_none=True)
    video = Nested(AttachmentSchema, allow_none=True)
    files = List(Nested(AttachmentSchema))
    created_at = fields.Instant()
    updated_at = fields.Instant()


class LessonInputSchema(Schema):
    """A lesson to create in a section. Without a position it is appended."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "title": "What a ledger is",
        "type": "TEXT",
        "content": "# Ledgers\n\nEvery entry has *two* sides.",
        "duration_seconds": 300,
    }

    title = fields.Text(min_length=1, max_length=200, required=True)
    type = fields.Choice(LessonType, required=True)
    content = fields.Text(
        max_length=200_000,
        trim=False,
        load_default="",
        metadata={"description": "The body in Markdown, at most 200,000 characters; HTML is shown as text."},
    )
    video_url = fields.Link(allow_none=True, load_default=None)
    duration_seconds = fields.Whole(maximum=LONGEST_SECONDS, allow_none=True, load_default=None)
    is_preview = fields.Flag(load_default=False, metadata={"description": "true: its body is public."})
    is_required = fields.Flag(
        load_default=True, metadata={"description": "true: it counts for completing the course."}
    )
    position = fields.Whole(
        minimum=1, maximum=LAST_PLACE, metadata={"description": "Position within the section, from 1."}
    )


class LessonInCourseSchema(LessonInputSchema):
    """A lesson to create in a course; without a section it goes into the first one."""

    section_id = fields.Id()


class PlacedSchema(Schema):
    """Where new lessons go: into a section, or into the first section of a course."""

    ONE_OF: ClassVar = ("section_id", "course_id")

    course_id = course_ref("Instead of `section_id`: its first section, created when there is none.")
    section_id = fields.Id()


class NewLessonSchema(PlacedSchema, LessonInputSchema):
    """A lesson and where it is created."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "section_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        **LessonInputSchema.EXAMPLE,
    }


class NewLessonsSchema(PlacedSchema):
    """Lessons to create in one call: all of them or none."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "section_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "lessons": [LessonInputSchema.EXAMPLE, {"title": "Try it", "type": "QUIZ", "is_required": False}],
    }

    lessons = List(Nested(LessonInputSchema), required=True, validate=fields.Length(min=1, max=MOST_AT_ONCE))


class LessonReplacementSchema(LessonInputSchema):
    """A whole lesson. Without a section or a position it stays where it is."""

    section_id = fields.Id(metadata={"description": "Moves it to this section of the same course."})


class LessonPatchSchema(LessonReplacementSchema):
    """The fields of a lesson that change."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"title": "What a ledger is for", "is_preview": True}


class LessonsSchema(Schema):
    """Lessons of one section, in order."""

    lessons = List(Nested(LessonOutlineSchema))
