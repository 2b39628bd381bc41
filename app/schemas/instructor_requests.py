"""Instructor requests: the application, the decision, and the report of many decisions."""

from __future__ import annotations

from typing import ClassVar

import marshmallow as ma

from app.enums import DecisionOutcome, RequestStatus
from app.schemas import bulk, fields
from app.schemas.base import ListQuerySchema, Schema, ordering, search_term

_LONGEST_TEXT = 5000


class ApplicantSchema(Schema):
    id = fields.Id()
    username = fields.Text(max_length=60)
    full_name = fields.Text(max_length=201)
    email = fields.Email()


class InstructorRequestSchema(Schema):
    """A request to become an instructor, and the decision about it."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    user_id = fields.Id()
    user = ma.fields.Nested(ApplicantSchema)
    status = fields.Choice(RequestStatus)
    reason = fields.Text(max_length=_LONGEST_TEXT)
    qualifications = fields.Text(max_length=_LONGEST_TEXT)
    teaching_interests = fields.Text(max_length=_LONGEST_TEXT)
    review_notes = fields.Text(max_length=_LONGEST_TEXT)
    reviewed_by = fields.Id(attribute="reviewed_by_id", allow_none=True)
    reviewed_at = fields.Instant(allow_none=True)
    created_at = fields.Instant()
    updated_at = fields.Instant()


class RequestTextsSchema(Schema):
    """The texts of an application; on a change, fields that are left out stay."""

    EXAMPLE: ClassVar = {"qualifications": "Ten years of analysis at sea."}

    reason = fields.Text(min_length=1, max_length=_LONGEST_TEXT)
    qualifications = fields.Text(max_length=_LONGEST_TEXT)
    teaching_interests = fields.Text(max_length=_LONGEST_TEXT)


class NewInstructorRequestSchema(RequestTextsSchema):
    EXAMPLE: ClassVar = {
        "reason": "I have written the course that our new colleagues keep asking for.",
        "qualifications": "Ten years of analysis.",
        "teaching_interests": "Programming, mathematics",
    }

    reason = fields.Text(required=True, min_length=1, max_length=_LONGEST_TEXT)


class RequestDecisionSchema(Schema):
    """An admin's decision about one request."""

    EXAMPLE: ClassVar = {"status": "APPROVED", "review_notes": "Welcome!"}

    status = fields.Choice((RequestStatus.APPROVED, RequestStatus.REJECTED), required=True)
    review_notes = fields.Text(max_length=_LONGEST_TEXT)


class RequestDecisionsSchema(RequestDecisionSchema):
    """One decision about many requests."""

    EXAMPLE: ClassVar = {
        "request_ids": ["0198f3a0-7c1e-7f00-8000-000000000001"],
        "status": "REJECTED",
        "review_notes": "Please describe your experience.",
    }

    MAX_BYTES: ClassVar[int | None] = bulk.MAX_BYTES
    REPORTED: ClassVar = ("request_ids",)

    request_ids = bulk.Ids()


class DecisionLineSchema(bulk.LineSchema):
    request_id = fields.Id(attribute="id", required=True, allow_none=True)
    outcome = fields.Choice(DecisionOutcome, required=True)


class DecisionReportSchema(bulk.BulkReportSchema):
    """The report of a bulk decision: a row for each request."""

    counts = bulk.Counts(DecisionOutcome)
    results = bulk.ReportLines(DecisionLineSchema)


class InstructorRequestQuerySchema(ListQuerySchema):
    status = fields.Choices(RequestStatus, load_default=None)
    user_id = fields.Id(load_default=None)
    search = search_term()
    ordering = ordering("created_at", "reviewed_at", default="-created_at")
