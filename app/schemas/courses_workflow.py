"""What changes the state of a course: review decisions, publication, deletion; and the history of its changes."""

from __future__ import annotations

from typing import ClassVar

import marshmallow as ma

from app.enums import CourseStatus
from app.schemas import fields
from app.schemas.base import Schema
from app.schemas.courses import PersonBriefSchema


class CourseDeletionSchema(Schema):
    force = fields.Flag(
        load_default=False,
        metadata={"description": "true: delete although learners are enrolled; for admins only."},
    )


class DecisionSchema(Schema):
    """A decision about a course."""

    EXAMPLE: ClassVar = {"status": "APPROVED", "review_notes": "A pleasure to read."}
    DECISIONS = (CourseStatus.APPROVED, CourseStatus.REJECTED, CourseStatus.PUBLISHED)

    status = fields.Choice(DECISIONS, required=True)
    review_notes = fields.Text(max_length=5000, load_default="")


class PublicationSchema(Schema):
    """An admin may publish an incomplete course, with a reason."""

    EXAMPLE: ClassVar = {"override_reason": "The lessons arrive next week."}

    override_reason = fields.Text(max_length=5000, load_default="")


class CourseChangeSchema(Schema):
    """An entry of a course's history."""

    id = fields.Id()
    action = fields.Text(max_length=40)
    from_status = fields.Choice(CourseStatus, allow_none=True)
    to_status = fields.Choice(CourseStatus, allow_none=True)
    notes = fields.Text(max_length=5000)
    fields_changed = ma.fields.List(fields.Text(max_length=100), attribute="fields", data_key="fields")
    actor = ma.fields.Nested(PersonBriefSchema)
    created_at = fields.Instant()
