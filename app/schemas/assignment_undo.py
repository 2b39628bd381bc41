"""Undo of a bulk run: how, and the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from app.enums import OUTCOMES_OF_UNDOING, Mode, Outcome
from app.schemas import bulk, fields
from app.schemas.assignments import ReportSchema
from app.schemas.base import Schema


class UndoReportSchema(ReportSchema):
    """The report of an undo: a row for each line of the first run."""

    counts = bulk.Counts(OUTCOMES_OF_UNDOING, sometimes=[Outcome.SKIPPED], attribute="run.counts")


class UndoSchema(Schema):
    """How a run is undone."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"reason": "The wrong list"}

    mode = fields.Choice(
        Mode,
        metadata={"description": "`run` writes; `preview` reports the same and changes no enrollment."},
    )
    reason = fields.Text(
        max_length=1000, metadata={"description": "The reason for the undo, stored with its record."}
    )
    notify = fields.Flag(
        metadata={
            "description": "Whether users who were notified of the run are notified of the undo; true when left out."
        }
    )
