"""The record of a bulk run, and the filters of the lists of runs and of the lines of one."""

from __future__ import annotations

from typing import ClassVar

import marshmallow as ma

from app.enums import ORDER_OF_OUTCOMES, AssignmentAction, AssignmentState, ListFormat, OnExisting, Outcome
from app.schemas import bulk, fields
from app.schemas.assignments import ItemSchema, RunCourseSchema
from app.schemas.base import ListQuerySchema, Schema, course_filter, course_ref, ordering
from app.schemas.enrollments import LearnerSchema, NamedCourseSchema


class RunProgressSchema(Schema):
    """How far a run is, in lines."""

    done = fields.Whole(required=True)
    total = fields.Whole(required=True)
    percent = fields.Whole(required=True)
    rows_per_second = fields.Whole(required=True, allow_none=True)
    seconds_left = fields.Whole(
        required=True,
        allow_none=True,
        metadata={"description": "At the present rate; null when it is not running."},
    )


class RunJobSchema(Schema):
    """How the workers of a run fared. A run that was answered in its request has had none."""

    attempts = fields.Whole(required=True)
    last_error = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Why the run FAILED, and what to do."}
    )


class RunActionsSchema(Schema):
    """The actions that are possible now."""

    commit = fields.Flag(required=True)
    cancel = fields.Flag(required=True)
    retry = fields.Flag(required=True)
    undo = fields.Flag(required=True)


class RunSheetSchema(Schema):
    """How the sheet of a run was read."""

    encoding = ma.fields.String(required=True)
    delimiter = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The character; null for NDJSON."}
    )
    columns = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Those that were read, by our names."}
    )
    ignored_columns = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Titles of those that were not read."}
    )
    rows = fields.Whole(required=True)
    blank_rows = fields.Whole(required=True)


class RunTermsSchema(Schema):
    """The terms of a run that assigns, as they were sent; null or false where it has no such term."""

    due_at = fields.Instant(required=True, allow_none=True)
    due_in_days = fields.Whole(required=True, allow_none=True)
    on_existing = fields.Choice(OnExisting, required=True)
    notify = fields.Flag(required=True)
    override_seats = fields.Flag(required=True)
    atomic = fields.Flag(required=True)


class AssignmentSchema(Schema):
    """The record of a run."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id(required=True)
    assignment_id = fields.Id(
        required=True, metadata={"description": "The same as `id`, as reports call it."}
    )
    action = fields.Choice(AssignmentAction, required=True)
    course_id = fields.Id(
        required=True, allow_none=True, metadata={"description": "Null for a run on several courses."}
    )
    course = ma.fields.Nested(
        NamedCourseSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The course of `course_id`, deleted or not."},
    )
    state = fields.Choice(AssignmentState, required=True)
    requested = fields.Whole(required=True)
    unique = fields.Whole(required=True)
    overdue = fields.Whole(
        required=True,
        metadata={
            "description": "Enrollments whose due date, as set by this run, had passed when it was written."
        },
    )
    counts = bulk.Counts((), sometimes=ORDER_OF_OUTCOMES)
    courses = ma.fields.List(
        ma.fields.Nested(RunCourseSchema),
        required=True,
        metadata={"description": "The courses of a run on several, in its order; empty for a run on one."},
    )
    reason = ma.fields.String(required=True)
    terms = ma.fields.Nested(
        RunTermsSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null for a run that does not assign."},
    )
    created_by = fields.Id(required=True, attribute="created_by_id")
    creator = ma.fields.Nested(LearnerSchema, required=True, attribute="created_by")
    committed_by = fields.Id(
        required=True,
        allow_none=True,
        attribute="committed_by_id",
        metadata={"description": "Who committed the plan: its enrollments are from this user."},
    )
    created_at = fields.Instant(required=True)
    finished_at = fields.Instant(required=True, allow_none=True)
    progress = ma.fields.Nested(RunProgressSchema, required=True)
    job = ma.fields.Nested(RunJobSchema, required=True)
    can = ma.fields.Nested(RunActionsSchema, required=True)
    plan_etag = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of a preview: the version of its plan, to be sent with the commit."},
    )
    sheet = ma.fields.Nested(RunSheetSchema, required=True, allow_none=True)
    retry_of = fields.Id(
        required=True,
        allow_none=True,
        attribute="retry_of_id",
        metadata={"description": "The run whose refused lines this one has taken up."},
    )
    undo_of = fields.Id(
        required=True,
        allow_none=True,
        attribute="undo_of_id",
        metadata={"description": "The run that this one undoes."},
    )
    undone_by = fields.Id(
        required=True,
        allow_none=True,
        attribute="undone_by_id",
        metadata={"description": "The run that undoes this one, or has done so."},
    )


class AssignmentQuerySchema(ListQuerySchema):
    """The filters of the list of runs."""

    course = course_filter()
    state = fields.Choices(AssignmentState, load_default=None)
    course_id = course_ref("The same as `course`.", load_default=None)
    action = fields.Choices(AssignmentAction, load_default=None)
    created_by = fields.Id(load_default=None)
    created_after = fields.Instant(load_default=None)
    created_before = fields.Instant(load_default=None)
    search = fields.Text(
        max_length=200,
        is_line=False,
        load_default=None,
        metadata={"description": "Looked for in the reason, in any case."},
    )
    ordering = ordering("created_at", "requested", default="-created_at")


class ItemQuerySchema(ListQuerySchema):
    """The filters of the ledger of a run."""

    outcome = fields.Choices(Outcome, load_default=None)
    code = fields.Text(
        min_length=1, max_length=40, load_default=None, metadata={"description": "The reason code of a line."}
    )
    course_id = course_ref("In a run on several courses.", load_default=None)
    user_id = fields.Id(load_default=None)
    search = fields.Text(
        max_length=200,
        is_line=False,
        load_default=None,
        metadata={"description": "Looked for in `input`, in any case, and in the names of users."},
    )
    format = fields.Choice(
        ListFormat,
        load_default=ListFormat.JSON,
        metadata={
            "description": "`csv` and `ndjson` are the whole ledger, which can be mended and sent as a sheet."
        },
    )


class LedgerItemSchema(ItemSchema):
    """A line of the ledger, with the user's name as it is today."""

    user = ma.fields.Nested(
        LearnerSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null where `user_id` is null."},
    )


class ItemRowSchema(ItemSchema):
    """A line as a row of a sheet."""

    user_id = ma.fields.String(allow_none=True)  # type: ignore[assignment]
    email = ma.fields.String(allow_none=True)
    username = ma.fields.String(allow_none=True)
    external_id = ma.fields.String(allow_none=True)
    course = ma.fields.String(allow_none=True)
    due_at = ma.fields.String(allow_none=True)
