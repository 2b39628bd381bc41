"""Bulk activation and deactivation: user ids in, the report out."""

from __future__ import annotations

from typing import ClassVar

from app.enums import ActivationOutcome
from app.schemas import bulk, fields
from app.schemas.base import Schema


class UserIdsSchema(Schema):
    EXAMPLE: ClassVar = {"user_ids": ["0198f3a0-7c1e-7f00-8000-000000000001"]}

    MAX_BYTES: ClassVar[int | None] = bulk.MAX_BYTES
    REPORTED: ClassVar = ("user_ids",)

    user_ids = bulk.Ids()


class ActivationLineSchema(bulk.LineSchema):
    user_id = fields.Id(attribute="id", required=True, allow_none=True)
    outcome = fields.Choice(ActivationOutcome, required=True)


class ActivationReportSchema(bulk.BulkReportSchema):
    """The report of a bulk activation or deactivation: a row for each id."""

    counts = bulk.Counts(ActivationOutcome)
    results = bulk.ReportLines(ActivationLineSchema)
