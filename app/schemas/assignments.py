"""Bulk runs: who is meant and on what terms, the report person by person, and the record."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import validate

from app.enums import (
    OUTCOMES_OF_ASSIGNING,
    OUTCOMES_OF_UNASSIGNING,
    AssignmentAction,
    AssignmentState,
    EnrollmentStatus,
    Mode,
    OnExisting,
    Outcome,
    Source,
)
from app.schemas import bulk, fields
from app.schemas.base import ListQuerySchema, Schema, course_filter, ordering
from app.schemas.enrollments import EnrollmentSchema
from app.values.people import People
from app.values.terms import Terms

_IN_ANY_RUN = [each for each in OUTCOMES_OF_ASSIGNING if each in OUTCOMES_OF_UNASSIGNING]

IDENTIFIERS = ("user_ids", "emails", "usernames", "external_ids")


def _gathered(data: Mapping[str, Any], name: str, kind: type[People | Terms]) -> dict[str, Any]:
    """The data with the members that make up one value replaced by that value."""
    members = {each.name for each in dataclasses.fields(kind)} & data.keys()
    rest = {member: value for member, value in data.items() if member not in members}
    return {**rest, name: kind(**{member: data[member] for member in members})}


class Strings(ma.fields.List[str]):
    """A list of strings, however long, checked in one pass. Whether each can be an identifier is the report's to say."""

    def __init__(self, description: str) -> None:
        super().__init__(ma.fields.String(), metadata={"description": description, "minItems": 1})

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[str | None]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not value:
            raise ma.ValidationError("Must not be empty.")
        if set(map(type, value)) - {str}:
            wrong = {
                place: ["Not a string."] for place, each in enumerate(value) if not isinstance(each, str)
            }
            raise ma.ValidationError(dict(list(wrong.items())[:20]))
        return value


class PeopleSchema(Schema):
    """Whom a bulk run is about, by any mixture of identifiers; rows count in this order."""

    MAX_BYTES: ClassVar[int | None] = bulk.MAX_BYTES
    REPORTED: ClassVar[Collection[str]] = IDENTIFIERS
    SOME_OF: ClassVar = IDENTIFIERS

    user_ids = Strings("UUIDs.")
    emails = Strings("Compared without regard to case.")
    usernames = Strings("Compared without regard to case.")
    external_ids = Strings("Identifiers from an HR system, compared exactly.")
    reason = fields.Text(max_length=1000, metadata={"description": "Kept with the record of the run."})
    atomic = fields.Flag(
        metadata={"description": "All or nobody: one refused person and nothing is written."}
    )
    mode = fields.Choice(
        Mode, metadata={"description": "`preview` reports what `run` would do and writes none of it."}
    )

    @ma.post_load
    def _as_people(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _gathered(data, "people", People)


class TermsSchema(Schema):
    """On what terms people are assigned."""

    due_at = fields.DayOrInstant(
        allow_none=True,
        metadata={
            "description": "A time with its zone, or a day, which means its end in the time zone of the platform.",
            "example": "2027-01-31",
        },
    )
    due_in_days = fields.Whole(
        maximum=3650,
        allow_none=True,
        metadata={"description": "Instead of `due_at`: due at the end of so many days after today."},
    )
    notify = fields.Flag(metadata={"description": "Whether the people hear of it; true when left out."})
    override_seats = fields.Flag(metadata={"description": "Exceed the seats of the course; for admins only."})

    @ma.validates_schema
    def _check_one_due(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("due_at") is not None and data.get("due_in_days") is not None:
            raise ma.ValidationError("Give either due_at or due_in_days.", "due_in_days")

    @ma.post_load
    def _as_terms(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _gathered(data, "terms", Terms)


class AssignMultipleSchema(PeopleSchema, TermsSchema):
    """Many people for one course."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "emails": ["ada@example.org", "grace@example.org"],
        "external_ids": ["HR-1042"],
        "due_in_days": 30,
        "reason": "Yearly safety training",
    }

    on_existing = fields.Choice(
        OnExisting,
        metadata={
            "description": "`update_due` gives people who are taking the course already this run's due date;"
            " `due_at` null takes theirs away."
        },
    )

    @ma.validates_schema
    def _check_due_to_update(self, data: dict[str, Any], **_: Any) -> None:
        names_due = "due_at" in data or data.get("due_in_days") is not None
        if data.get("on_existing") == OnExisting.UPDATE_DUE and not names_due:
            raise ma.ValidationError("update_due needs due_at or due_in_days.", "on_existing")


class UnassignMultipleSchema(PeopleSchema):
    """Many people to take out of one course."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "emails": ["ada@example.org"],
        "reason": "Moved to another department",
    }

    notify = fields.Flag(metadata={"description": "Accepted for symmetry: nobody is told."})

    @ma.post_load
    def _forget_notify(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "notify"}


class AssignSchema(TermsSchema):
    """One person for one course, by exactly one identifier."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"email": "ada@example.org", "due_at": "2027-01-31T17:00:00Z"}

    ONE_OF: ClassVar = ("user_id", "email", "username", "external_id")

    user_id = fields.Id()
    email = fields.Email()
    username = fields.Identifier(min_length=1, max_length=254)
    external_id = fields.Text(min_length=1, max_length=254)
    reason = fields.Text(max_length=1000, metadata={"description": "Kept with the record of the run."})

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
    """How a person stands to the course."""

    status = fields.Choice(EnrollmentStatus, required=True)
    source = fields.Choice(Source, required=True)
    due_at = fields.Instant(required=True, allow_none=True)


class ItemSchema(Schema):
    """One row of a run: who was meant, what became of it, and why."""

    row = fields.Whole(required=True, minimum=1, metadata={"description": "From 1, over the whole call."})
    input = ma.fields.String(required=True, metadata={"description": "The string as sent."})
    user_id = fields.Id(required=True, allow_none=True)
    course_id = fields.Id(required=True)
    outcome = fields.Choice(Outcome, required=True)
    code = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The reason code of a refusal."}
    )
    enrollment_id = fields.Id(required=True, allow_none=True)
    before = ma.fields.Nested(StandingSchema, required=True, allow_none=True)
    after = ma.fields.Nested(StandingSchema, required=True, allow_none=True)


class Rows(ma.fields.List[Any]):
    """The lines of a run as `ItemSchema` has them, ten thousand in one pass: dumping each would take a second."""

    def __init__(self, *, attribute: str) -> None:
        super().__init__(ma.fields.Nested(ItemSchema), required=True, attribute=attribute)

    def _serialize(self, value: Any, *name_and_report: Any, **_: Any) -> list[dict[str, Any]]:
        _name, report = name_and_report
        course_id = str(report.run.course_id)
        return [
            {
                "row": line.row,
                "input": text,
                "user_id": line.user_id,
                "course_id": course_id,
                "outcome": line.outcome,
                "code": line.code,
                "enrollment_id": line.enrollment_id,
                "before": _standing(line.before_status, line.before_source, line.before_due_at),
                "after": _standing(line.after_status, line.after_source, line.after_due_at),
            }
            for text, line in zip(report.inputs, value, strict=True)
        ]


def _standing(status: str | None, source: str | None, due_at: Any) -> dict[str, Any] | None:
    return None if status is None else {"status": status, "source": source, "due_at": due_at}


class ReportSchema(Schema):
    """What a run did about everybody."""

    assignment_id = fields.Id(required=True, attribute="run.id")
    state = fields.Choice(AssignmentState, required=True, attribute="run.state")
    course_id = fields.Id(required=True, attribute="run.course_id")
    requested = fields.Whole(required=True, attribute="run.requested")
    unique = fields.Whole(
        required=True, attribute="run.unique", metadata={"description": "Requested without the duplicates."}
    )
    counts = bulk.Counts(OUTCOMES_OF_ASSIGNING, attribute="run.counts")
    overdue = fields.Whole(
        required=True,
        metadata={
            "description": "Of those given a due date by this run, how many it has passed for already."
        },
    )
    results = Rows(attribute="lines")
    plan_etag = ma.fields.String(required=True, allow_none=True, dump_default=None)


class UnassignReportSchema(ReportSchema):
    """What a run that unassigned did about everybody."""

    counts = bulk.Counts(OUTCOMES_OF_UNASSIGNING, sometimes=[Outcome.SKIPPED], attribute="run.counts")


class AssignmentSchema(Schema):
    """The record of a run."""

    id = fields.Id(required=True)
    action = fields.Choice(AssignmentAction, required=True)
    course_id = fields.Id(required=True)
    state = fields.Choice(AssignmentState, required=True)
    requested = fields.Whole(required=True)
    unique = fields.Whole(required=True)
    counts = bulk.Counts(_IN_ANY_RUN, sometimes=[each for each in Outcome if each not in _IN_ANY_RUN])
    reason = ma.fields.String(required=True)
    created_by = fields.Id(required=True, attribute="created_by_id")
    created_at = fields.Instant(required=True)
    finished_at = fields.Instant(required=True, allow_none=True)


class AssignmentQuerySchema(ListQuerySchema):
    """Which runs to list."""

    course = course_filter()
    state = fields.Choices(AssignmentState, load_default=None)
    action = fields.Choices(AssignmentAction, load_default=None)
    ordering = ordering("created_at", "requested", default="-created_at")


class ItemQuerySchema(ListQuerySchema):
    """Which rows of a run to list."""

    outcome = fields.Choices(Outcome, load_default=None)
    format = ma.fields.String(load_default="json", validate=validate.OneOf(["json", "csv"]))
