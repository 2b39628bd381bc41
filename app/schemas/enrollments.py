"""Enrollments in and out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import Float, Nested

from app.enums import CancellationReason, EnrollmentStatus, Grade, ListFormat, PaymentStatus, Source
from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, course_filter, course_ref, ordering, search_term
from app.schemas.courses import ThumbnailSchema
from app.values import days


class NamedCourseSchema(Schema):
    """A course by its names, beside a row that is about it."""

    id = fields.Id()
    code = fields.Text(max_length=40)
    title = fields.Text(max_length=200)
    slug = fields.Text(max_length=220)


class EnrolledCourseSchema(NamedCourseSchema):
    thumbnail = Nested(ThumbnailSchema, attribute="thumbnail_names", allow_none=True)


class LearnerSchema(Schema):
    id = fields.Id()
    username = fields.Text(max_length=60)
    full_name = fields.Text(max_length=201)


class EnrollmentSchema(Schema):
    """The enrollment of one user in one course.

    The numbers count the lessons that the course has now: the required ones, or all where none is required.
    """

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    course_id = fields.Id()
    course = Nested(EnrolledCourseSchema)
    user_id = fields.Id()
    user = Nested(LearnerSchema)
    status = fields.Choice(EnrollmentStatus)
    source = fields.Choice(Source)
    assigned_by = fields.Id(allow_none=True)
    enrolled_at = fields.Instant()
    completed_at = fields.Instant(allow_none=True)
    completion_number = fields.Whole(
        metadata={"description": "How often it was completed. Each completion has its certificate."}
    )
    course_version = fields.Whole(
        allow_none=True, metadata={"description": "The version of the course that was completed last."}
    )
    renewal_required_at = fields.Instant(
        allow_none=True,
        metadata={
            "description": "When a new version of the course made the completion void; null once it is renewed."
        },
    )
    cancelled_at = fields.Instant(allow_none=True)
    cancellation_reason = fields.Choice(
        CancellationReason,
        allow_none=True,
        metadata={"description": "Why it was cancelled; `user_deleted`: the account was deleted."},
    )
    reactivated_at = fields.Instant(allow_none=True)
    due_at = fields.Instant(allow_none=True)
    grade = fields.Choice(Grade, allow_none=True)
    price_at_enrollment = fields.Money()
    currency = fields.Text(max_length=3)
    payment_status = fields.Choice(PaymentStatus)
    total_lessons = fields.Whole()
    completed_lessons = fields.Whole()
    completion_percentage = Float(
        metadata={
            "description": "Percentage of the lessons that are done, with two decimals; 100 only when all are.",
            "example": 58.33,
        }
    )
    optional_total = fields.Whole()
    optional_completed = fields.Whole()
    is_completed = fields.Flag()
    last_accessed = fields.Instant(allow_none=True)
    resume_lesson_id = fields.Id(attribute="next_lesson_id", allow_none=True)
    certificate_number = fields.Text(max_length=40, allow_none=True)


class RosterLearnerSchema(LearnerSchema):
    email = fields.Email()
    external_id = fields.Text(max_length=100, allow_none=True)
    department = fields.Text(max_length=100, allow_none=True)


class RosterRowSchema(EnrollmentSchema):
    """A row of a roster's CSV; for admins with email address, external id and department."""

    user = Nested(RosterLearnerSchema)


class EnrollSchema(Schema):
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"course_id": "01920c3e-7a10-7c3d-9f42-5b6a7c8d9e0f"}

    course_id = course_ref(required=True)


class GradeSchema(Schema):
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"grade": "A+"}

    grade = fields.Choice(Grade, required=True, allow_none=True)


class PaymentSchema(Schema):
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"payment_status": "PAID"}

    payment_status = fields.Choice(PaymentStatus, required=True)


class EnrollmentQuerySchema(ListQuerySchema):
    """The filters that all lists of enrollments share."""

    status = fields.Choices(EnrollmentStatus, load_default=None)
    search = search_term()
    due_before = fields.DayOrInstant(
        meaning=days.after,
        load_default=None,
        metadata={
            "description": "Enrollments due before this time; for a day, due on it or earlier.",
            "example": "2027-01-31",
        },
    )
    due_after = fields.DayOrInstant(
        load_default=None,
        metadata={
            "description": "Enrollments due after this time; for a day, after its end.",
            "example": "2026-01-01",
        },
    )
    overdue = fields.Flag(
        load_default=None,
        metadata={
            "description": "true: ACTIVE enrollments past their due date, of active learners in courses that are not deleted;"
            " false: all others."
        },
    )


class PersonalEnrollmentQuerySchema(EnrollmentQuerySchema):
    course = course_filter()
    ordering = ordering(
        "enrolled_at", "due_at", "completed_at", "last_accessed", "title", default="-enrolled_at"
    )


class OwnEnrollmentQuerySchema(PersonalEnrollmentQuerySchema):
    user_id = fields.Id(
        load_default=None,
        metadata={"description": "The user whose enrollments to list, for admins; by default the caller."},
    )


class RosterQuerySchema(EnrollmentQuerySchema):
    ordering = ordering(
        "enrolled_at",
        "due_at",
        "completed_at",
        "last_accessed",
        "name",
        "username",
        default="-enrolled_at",
    )
    format = fields.Choice(
        (ListFormat.JSON, ListFormat.CSV),
        load_default=ListFormat.JSON,
        metadata={"description": "`csv` returns the whole list as CSV."},
    )
