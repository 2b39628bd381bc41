"""Progress in and out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, validates
from marshmallow.fields import List, Nested

from app.enums import CompletionRule, LessonType, NextStep, SubmissionState
from app.schemas import fields
from app.schemas.base import Schema
from app.schemas.lessons import LONGEST_SECONDS

MOST_RANGES = 100


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
    position_seconds = fields.Whole(
        metadata={"description": "Where the learner was last: where a player goes on.", "example": 95}
    )
    watched_seconds = fields.Whole(
        metadata={
            "description": "How many seconds of the video were watched, each counted once.",
            "example": 90,
        }
    )
    watched_percent = fields.Whole(
        allow_none=True,
        metadata={
            "description": "The same in percent; null without an uploaded video that says how long it is."
        },
    )


class ProgressSchema(Schema):
    """How far a lesson was watched, which parts of it, whether it is done."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"position_seconds": 95, "watched": [[80, 95]]}
    SOME_OF: ClassVar = ("position_seconds", "watched", "completed")

    position_seconds = fields.Whole()
    watched = List(
        List(fields.Whole(maximum=LONGEST_SECONDS), validate=fields.Length(min=2, max=2)),
        validate=fields.Length(max=MOST_RANGES),
        metadata={
            "description": "What was played since the last report: pairs of seconds, each from the first to the one behind the"
            " last. Not more counts than could be played in the time since then."
        },
    )
    completed = fields.Flag()

    @validates("watched")
    def _check_order(self, ranges: list[list[int]], **_: Any) -> None:
        errors = {
            place: ["The first second is before the second one."]
            for place, pair in enumerate(ranges)
            # One of another length, or with a value that is refused, has an error of its own.
            if len(pair) == 2 and pair[0] >= pair[1]
        }
        if errors:
            raise ValidationError(errors)


class RequirementSchema(Schema):
    """A lesson that counts for completion."""

    lesson_id = fields.Id()
    title = fields.Text(max_length=200)
    position = fields.Whole(minimum=1)
    type = fields.Choice(LessonType)
    submission_state = fields.Choice(
        SubmissionState,
        allow_none=True,
        metadata={
            "description": "Of the homework, in a lesson of type ASSIGNMENT; null: nothing was submitted."
        },
    )
    rule = fields.Choice(
        CompletionRule,
        metadata={"description": "How it is completed."},
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
    next_step_code = fields.Choice(
        NextStep,
        metadata={
            "description": "The same for programs. What is about a lesson is about the first requirement that is not completed."
        },
    )


class RecalculateSchema(Schema):
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"notify": False}

    notify = fields.Flag(
        load_default=True,
        metadata={"description": "false: the notices are recorded as SUPPRESSED and not sent."},
    )


class RecalculationSchema(Schema):
    course_id = fields.Id()
    completed = fields.Whole(metadata={"description": "Enrollments that were completed by this call."})
