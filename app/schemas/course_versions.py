"""Versions of courses, and what a version makes void."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import marshmallow as ma

from app.enums import AssignmentState, Mode, Redo
from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, ordering
from app.schemas.courses import PersonBriefSchema, VersionChangesSchema


class CourseVersionSchema(Schema):
    """A version of a course, which completions and certificates name."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    course_id = fields.Id()
    number = fields.Whole(metadata={"description": "Counts from 1 within the course."})
    note = fields.Text(max_length=2000)
    changes = ma.fields.Nested(
        VersionChangesSchema,
        metadata={"description": "What differs from the version before; nothing in the first."},
    )
    published_by = ma.fields.Nested(PersonBriefSchema)
    published_at = fields.Instant(attribute="created_at")
    voided_at = fields.Instant(
        allow_none=True,
        metadata={"description": "When it first made the completions of earlier versions void."},
    )
    void_reason = fields.Text(max_length=2000)
    voided_completions = fields.Whole(metadata={"description": "How many completions it has made void."})


class CourseVersionsSummarySchema(Schema):
    has_unpublished_changes = fields.Flag(
        required=True,
        metadata={"description": "Whether the content differs from the latest version."},
    )


class VersionInputSchema(Schema):
    """What has changed, in words for learners."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"note": "The lesson on burns follows the guideline of 2027."}

    note = fields.Text(max_length=2000, load_default="")


class VoidingInputSchema(Schema):
    """How completions of earlier versions become void."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "mode": "preview",
        "due_in_days": 30,
        "reason": "The guideline has changed.",
    }

    mode = fields.Choice(
        Mode,
        load_default=Mode.RUN,
        metadata={"description": "`run` writes; `preview` reports the same and changes nothing."},
    )
    reason = fields.Text(max_length=2000, load_default="")
    due_at = fields.DayOrInstant(
        allow_none=True,
        load_default=None,
        metadata={
            "description": "When the renewal is due: a time with its zone, or a day, which means its end in the time zone of the platform.",
            "example": "2027-01-31",
        },
    )
    due_in_days = fields.Whole(
        minimum=0,
        maximum=3650,
        allow_none=True,
        load_default=None,
        metadata={"description": "Instead of `due_at`: days from today; at most 3,650."},
    )
    redo = fields.Choice(
        Redo,
        load_default=Redo.CHANGED,
        metadata={
            "description": "Which lessons are completed again: those that have `changed` since the version of the completion (all,"
            " if none of them counts), or `all`."
        },
    )
    notify = fields.Flag(
        load_default=True, metadata={"description": "Whether the learners are notified; true when left out."}
    )
    plan_etag = fields.Text(
        max_length=80,
        allow_none=True,
        load_default=None,
        metadata={"description": "That of a preview: the run is refused if other completions are affected."},
    )

    @ma.validates_schema
    def _check_one_due(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("due_at") is not None and data.get("due_in_days") is not None:
            raise ma.ValidationError("Give either due_at or due_in_days.", "due_in_days")


class VoidingSchema(Schema):
    """What a version makes void, or has made void."""

    course_id = fields.Id(required=True)
    version = fields.Whole(required=True)
    state = fields.Choice(AssignmentState, required=True)
    affected = fields.Whole(
        required=True, metadata={"description": "Completions that are void by this call, or would be."}
    )
    remaining = fields.Whole(
        required=True,
        metadata={"description": "Completions that are still to be made void: call again until it is 0."},
    )
    due_at = fields.Instant(required=True, allow_none=True)
    plan_etag = fields.Text(required=True, max_length=80)


class AffectedCompletionSchema(Schema):
    """A completion of an earlier version, with its learner."""

    enrollment_id = fields.Id()
    user_id = fields.Id()
    username = fields.Text(max_length=60)
    first_name = fields.Text(max_length=100)
    last_name = fields.Text(max_length=100)
    completed_at = fields.Instant()
    course_version = fields.Whole(
        allow_none=True,
        metadata={"description": "The version that was completed; null from before there were versions."},
    )


class AffectedQuerySchema(ListQuerySchema):
    ordering = ordering("completed_at", default="completed_at")
