"""Progress in and out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import List, Nested

from app.enums import CompletionRule, LessonType
from app.schemas import fields
from app.schemas.base import Schema


class ProgressRowSchema(Schema):
    """The learner's progress in one lesson. `position` counts over the whole course."""

    lesson_id = fields.Id()
    section_id = fields.Id()
    title = fields.Text(max_length=200)
    type = fields.Choice(LessonType)
    position = fields.Whole(minimum=1)
    is_required = fields.Flag()
    is_completed = fields.Flag()
    completed_at = fields.Instant(allow_none=True)
    position_seconds = fields.Whole()


class ProgressSchema(Schema):
    """How far a lesson was watched, whether it is done, or both."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"position_seconds": 95}
    SOME_OF: ClassVar = ("position_seconds", "completed")

    position_seconds = fields.Whole()
    completed = fields.Flag()


class RequirementSchema(Schema):
    """A lesson that counts for completion."""

    lesson_id = fields.Id()
    title = fields.Text(max_length=200)
    position = fields.Whole(minimum=1)
    rule = fields.Choice(
        CompletionRule,
        metadata={"description": "How it is completed: the learner marks it, or passes its quiz."},
    )
    is_completed = fields.Flag()
    completed_at = fields.Instant(allow_none=True)


class CompletionSchema(Schema):
    """Why an enrollment is completed, or not yet."""

    is_completed = fields.Flag()
    completed_at = fields.Instant(allow_none=True)
    formula = fields.Text(max_length=400)
    requirements = List(Nested(RequirementSchema))
    next_step = fields.Text(max_length=400)


class RecalculateSchema(Schema):
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"notify": False}

    notify = fields.Flag(
        load_default=True,
        metadata={"description": "false: the notices are recorded as SUPPRESSED and not sent."},
    )


class RecalculationSchema(Schema):
    course_id = fields.Id()
    completed = fields.Whole(metadata={"description": "Enrollments that were completed by this call."})
