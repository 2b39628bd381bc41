"""Submissions in and out."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import validates_schema
from marshmallow.fields import List, Nested

from app.enums import SubmissionState
from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, ordering, search_term
from app.schemas.enrollments import LearnerSchema
from app.schemas.files import DocumentSchema

MOST_FILES = 20


class SubmissionLessonSchema(Schema):
    id = fields.Id()
    title = fields.Text(max_length=200)


class SubmissionRowSchema(Schema):
    """A submission in the grading queue, without its text and files."""

    id = fields.Id()
    course_id = fields.Id()
    lesson = Nested(SubmissionLessonSchema)
    enrollment_id = fields.Id()
    user = Nested(LearnerSchema)
    state = fields.Choice(
        SubmissionState,
        metadata={
            "description": "`REPLACED`: the learner has submitted again since, or has to, because a later version of the course asks for it."
        },
    )
    submitted_at = fields.Instant()
    points = fields.Points(allow_none=True, metadata={"example": 8.5})
    max_points = fields.Points(allow_none=True, metadata={"example": 10})
    graded_by_id = fields.Id(allow_none=True)
    graded_at = fields.Instant(allow_none=True)
    file_count = fields.Whole(metadata={"description": "How many files it has.", "example": 1})


class SubmissionSchema(SubmissionRowSchema):
    """What a learner handed in for an ASSIGNMENT lesson, with the grade and the feedback once it is graded."""

    IS_RESOURCE: ClassVar = True

    text = fields.Text(max_length=20_000)
    feedback = fields.Text(max_length=5000)
    files = List(Nested(DocumentSchema))


class HomeworkSchema(Schema):
    """The homework: text, files or both. Text is plain, and is shown as it was written."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "text": "I would warn the others first, then call for help, and only then fight the fire."
    }

    SOME_OF: ClassVar[Sequence[str]] = ("text", "file_ids")

    text = fields.Text(max_length=20_000, load_default="")
    file_ids = List(
        fields.Id(),
        load_default=list,
        validate=fields.Length(max=MOST_FILES),
        metadata={
            "description": "Files that you have uploaded for this lesson, or that the submission has which this one"
            " replaces; each once."
        },
    )

    @validates_schema
    def check_content(self, given: Mapping[str, Any], **_: Any) -> None:
        if not given["text"] and not given["file_ids"]:
            raise ma.ValidationError("Write a text or give a file.", "text")
        if len(set(given["file_ids"])) < len(given["file_ids"]):
            raise ma.ValidationError("Give each file once.", "file_ids")


class GradeSubmissionSchema(Schema):
    """Points and feedback for a submission."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "points": 8.5,
        "max_points": 10,
        "feedback": "Right order. Which number do you call?",
    }

    points = fields.Points(required=True, metadata={"example": 8.5})
    max_points = fields.Points(
        load_default=Decimal(100),
        metadata={"description": "The most points that there are; 100 by default.", "example": 10},
    )
    feedback = fields.Text(max_length=5000, load_default="")
    regrade = fields.Flag(
        load_default=False, metadata={"description": "true: corrects the grade of a GRADED submission."}
    )

    @validates_schema
    def check_points(self, given: Mapping[str, Any], **_: Any) -> None:
        if given["max_points"] == 0:
            raise ma.ValidationError("Must be more than 0.", "max_points")
        if given["points"] > given["max_points"]:
            raise ma.ValidationError(f"Must not be more than max_points, {given['max_points']}.", "points")


class SubmissionQuerySchema(ListQuerySchema):
    """The filters and orderings of the grading queue."""

    state = fields.Choices(
        SubmissionState,
        load_default=None,
        metadata={"description": "By default `SUBMITTED,GRADED`: all but those that were replaced."},
    )
    lesson_id = fields.Id(load_default=None, metadata={"description": "The lesson that was handed in."})
    search = search_term()
    ordering = ordering("submitted_at", "graded_at", default="submitted_at")
