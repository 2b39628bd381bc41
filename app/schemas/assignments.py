"""Bulk assignment: users and terms in, the report row by row and the record of the run out."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import marshmallow as ma

from app.enums import (
    ORDER_OF_OUTCOMES,
    OUTCOMES_OF_ASSIGNING,
    OUTCOMES_OF_UNASSIGNING,
    AssignmentState,
    EnrollmentStatus,
    Mode,
    OnExisting,
    Outcome,
    Source,
)
from app.schemas import bulk, fields
from app.schemas.base import Schema
from app.schemas.enrollments import EnrollmentSchema
from app.values.people import People
from app.values.terms import Terms

IDENTIFIERS = ("user_ids", "emails", "usernames", "external_ids")


def _gathered(data: Mapping[str, Any], name: str, kind: type[People | Terms]) -> dict[str, Any]:
    """The data with the members that make up one value replaced by that value."""
    members = {each.name for each in dataclasses.fields(kind)} & data.keys()
    rest = {member: value for member, value in data.items() if member not in members}
    return {**rest, name: kind(**{member: data[member] for member in members})}


class Strings(ma.fields.List[str]):
    """A list of strings of any length, checked in one pass. The report says which of them cannot be identifiers."""

    def __init__(self, description: str) -> None:
        super().__init__(ma.fields.String(), metadata={"description": description, "minItems": 1})

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[str | None]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not value:
            raise ma.ValidationError("Must not be empty.")
        if set(map(type, value)) - {str}:
            wrong = {
                place: ["Must be a string."] for place, each in enumerate(value) if not isinstance(each, str)
            }
            raise ma.ValidationError(dict(list(wrong.items())[:20]))
        return value


class PeopleSchema(Schema):
    """The users of a bulk run, by any mixture of identifiers; rows are numbered in this order."""

    MAX_BYTES: ClassVar[int | None] = 8 * 1024 * 1024
    WHEN_TOO_LARGE: ClassVar[str] = "Send the users as a sheet: text/csv, or a form with `file`."
    REPORTED: ClassVar[Collection[str]] = IDENTIFIERS
    SOME_OF: ClassVar[Sequence[str]] = IDENTIFIERS

    user_ids = Strings("Ids of users (UUIDs).")
    emails = Strings("Email addresses, compared without regard to case.")
    usernames = Strings("Usernames, compared without regard to case.")
    external_ids = Strings("External ids, such as those of an HR system, compared exactly.")
    reason = fields.Text(
        max_length=1000, metadata={"description": "The reason for the run, stored with its record."}
    )
    atomic = fields.Flag(
        metadata={"description": "true: all or nothing. If one row is refused, nothing is written."}
    )
    mode = fields.Choice(
        Mode,
        metadata={"description": "`run` writes; `preview` reports the same and changes no enrollment."},
    )

    @ma.post_load
    def _as_people(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _gathered(data, "people", People)


class TermsSchema(Schema):
    """The terms of an assignment: due date, notification, seats."""

    due_at = fields.DayOrInstant(
        allow_none=True,
        metadata={
            "description": "When the course is due: a time with its zone, or a day, which means its end in the time zone of the platform.",
            "example": "2027-01-31",
        },
    )
    due_in_days = fields.Whole(
        maximum=3650,
        allow_none=True,
        metadata={
            "description": "Instead of `due_at`: days from today until the course is due, at the end of that day; at most 3,650."
        },
    )
    notify = fields.Flag(metadata={"description": "Whether the users are notified; true when left out."})
    override_seats = fields.Flag(
        metadata={"description": "true: assign beyond the seats of the course; for admins only."}
    )

    @ma.validates_schema
    def _check_one_due(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("due_at") is not None and data.get("due_in_days") is not None:
            raise ma.ValidationError("Give either due_at or due_in_days.", "due_in_days")

    @ma.post_load
    def _as_terms(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _gathered(data, "terms", Terms)


class AssignMultipleSchema(PeopleSchema, TermsSchema):
    """Users to assign to one course."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "emails": ["ada@example.org", "grace@example.org"],
        "external_ids": ["HR-1042"],
        "due_in_days": 30,
        "reason": "Yearly safety training",
    }

    on_existing = fields.Choice(
        OnExisting,
        metadata={
            "description": "What happens to users who are already enrolled: `keep` changes nothing, `update_due` sets their due date"
            " to that of this run; `due_at` null removes it."
        },
    )

    @ma.validates_schema
    def _check_due_to_update(self, data: dict[str, Any], **_: Any) -> None:
        names_due = "due_at" in data or data.get("due_in_days") is not None
        if data.get("on_existing") == OnExisting.UPDATE_DUE and not names_due:
            raise ma.ValidationError("update_due needs due_at or due_in_days.", "on_existing")


class UnassignMultipleSchema(PeopleSchema):
    """Users to unassign from one course."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "emails": ["ada@example.org"],
        "reason": "Moved to another department",
    }

    notify = fields.Flag(metadata={"description": "Has no effect: unassigning notifies no user."})

    @ma.post_load
    def _ignore_notify(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "notify"}


class AssignSchema(TermsSchema):
    """A user to assign to a course, by exactly one identifier."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"email": "ada@example.org", "due_at": "2027-01-31T17:00:00Z"}

    ONE_OF: ClassVar = ("user_id", "email", "username", "external_id")

    user_id = fields.Id()
    email = fields.Email()
    username = fields.Identifier(min_length=1, max_length=254)
    external_id = fields.Text(min_length=1, max_length=254)
    reason = fields.Text(
        max_length=1000, metadata={"description": "The reason for the run, stored with its record."}
    )

    @ma.post_load
    def _as_person(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The person as a bulk run of one row."""
        rest = {name: value for name, value in data.items() if name not in self.ONE_OF}
        (named,) = data.keys() & set(self.ONE_OF)
        return {**rest, "person": People(**{f"{named}s": [str(data[named])]})}


class AssignedSchema(EnrollmentSchema):
    """The enrollment, and the run that made it."""

    assignment_id = fields.Id(dump_only=True)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return super().get_attribute(obj if attr == "assignment_id" else obj.enrollment, attr, default)


class StandingSchema(Schema):
    """The state of a user's enrollment in the course."""

    status = fields.Choice(EnrollmentStatus, required=True)
    source = fields.Choice(Source, required=True)
    due_at = fields.Instant(required=True, allow_none=True)


class ItemSchema(Schema):
    """One row of a run: the identifier, the outcome, and the reason."""

    row = fields.Whole(
        required=True, minimum=1, metadata={"description": "Number of the row, from 1 over the whole call."}
    )
    input = ma.fields.String(required=True, metadata={"description": "The identifier as sent."})
    user_id = fields.Id(required=True, allow_none=True)
    course_id = fields.Id(
        required=True,
        allow_none=True,
        metadata={"description": "Null where a sheet names a course that does not exist."},
    )
    outcome = fields.Choice(Outcome, required=True)
    code = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The reason code of a refusal."}
    )
    enrollment_id = fields.Id(required=True, allow_none=True)
    before = ma.fields.Nested(StandingSchema, required=True, allow_none=True)
    after = ma.fields.Nested(StandingSchema, required=True, allow_none=True)


class Rows(ma.fields.List[Any]):
    """The rows of a run in the form of `ItemSchema`, serialized in one pass: dumping 10,000 one by one takes a second."""

    def __init__(self, *, attribute: str) -> None:
        super().__init__(ma.fields.Nested(ItemSchema), required=True, attribute=attribute)

    def _serialize(self, value: Any, *name_and_report: Any, **_: Any) -> list[dict[str, Any]]:
        _name, report = name_and_report
        course_ids = report.course_ids or [str(report.run.course_id)] * len(value)
        return [
            {
                "row": line.row,
                "input": text,
                "user_id": line.user_id,
                "course_id": course_id,
                "outcome": line.outcome,
                "code": line.code,
                "enrollment_id": line.enrollment_id,
                "before": _state_of(line.before_status, line.before_source, line.before_due_at),
                "after": _state_of(line.after_status, line.after_source, line.after_due_at),
            }
            for text, course_id, line in zip(report.inputs, course_ids, value, strict=True)
        ]


def _state_of(status: str | None, source: str | None, due_at: Any) -> dict[str, Any] | None:
    return None if status is None else {"status": status, "source": source, "due_at": due_at}


class RunCourseSchema(Schema):
    """A course of a run, with the lines about it."""

    course_id = fields.Id(required=True)
    code = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    requested = fields.Whole(required=True)
    unique = fields.Whole(required=True)
    counts = bulk.Counts((), sometimes=ORDER_OF_OUTCOMES)


class ReportSchema(Schema):
    """The report of a run that assigns: a row for each user."""

    id = fields.Id(required=True, metadata={"description": "The same as `assignment_id`."})
    assignment_id = fields.Id(required=True, attribute="run.id")
    state = fields.Choice(AssignmentState, required=True, attribute="run.state")
    course_id = fields.Id(required=True, attribute="run.course_id")
    requested = fields.Whole(required=True, attribute="run.requested")
    unique = fields.Whole(
        required=True, attribute="run.unique", metadata={"description": "Rows without the duplicates."}
    )
    counts = bulk.Counts(OUTCOMES_OF_ASSIGNING, attribute="run.counts")
    overdue = fields.Whole(
        required=True,
        metadata={"description": "Enrollments whose due date, as set by this run, has already passed."},
    )
    courses = ma.fields.List(
        ma.fields.Nested(RunCourseSchema),
        required=True,
        metadata={"description": "The courses of a run on several; empty for a run on one."},
    )
    results = Rows(attribute="lines")
    plan_etag = ma.fields.String(required=True, allow_none=True)


class UnassignReportSchema(ReportSchema):
    """The report of a run that unassigns: a row for each user."""

    counts = bulk.Counts(OUTCOMES_OF_UNASSIGNING, sometimes=[Outcome.SKIPPED], attribute="run.counts")


class AnyReportSchema(ReportSchema):
    """The report of a run of either action."""

    counts = bulk.Counts((), sometimes=ORDER_OF_OUTCOMES, attribute="run.counts")
