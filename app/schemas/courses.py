"""Courses in lists and on their page, course input, review decisions and history."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import validate

from app.enums import CourseStatus, LessonType, Level
from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, ordering, search_term
from app.schemas.categories import slug_field

SLUG_LENGTH = 220
ORDERINGS = (
    "created_at",
    "published_at",
    "enrollment_count",
    "average_rating",
    "price",
    "title",
    "class_starts",
    "admission_deadline",
)


class CategoryBriefSchema(Schema):
    id = fields.Id()
    name = fields.Text(max_length=100)
    slug = fields.Text(max_length=120)


class PersonBriefSchema(Schema):
    """The public fields of a user."""

    id = fields.Id()
    username = fields.Text(max_length=60)
    full_name = fields.Text(max_length=201)


class InstructorSchema(PersonBriefSchema):
    bio = fields.Text(max_length=2000, allow_none=True)
    profile_picture = fields.PublicFile(allow_none=True)


class DisplayPriceSchema(Schema):
    amount = fields.Text(max_length=12)
    currency = fields.Text(max_length=3)


class ThumbnailSchema(Schema):
    """The URLs of a course's picture, of 16:9: at most 320, 640 and 1280 pixels wide."""

    small = fields.PublicFile()
    medium = fields.PublicFile()
    large = fields.PublicFile()


class CourseSchema(Schema):
    """A course as a list shows it."""

    id = fields.Id()
    code = fields.Text(max_length=40)
    slug = fields.Text(max_length=SLUG_LENGTH)
    title = fields.Text(max_length=200)
    short_description = fields.Text(max_length=500)
    category = ma.fields.Nested(CategoryBriefSchema, allow_none=True)
    instructor = ma.fields.Nested(PersonBriefSchema)
    level = fields.Choice(Level)
    price = fields.Money()
    currency = fields.Text(max_length=3)
    display_price = ma.fields.Nested(DisplayPriceSchema)
    is_free = fields.Flag()
    thumbnail = ma.fields.Nested(ThumbnailSchema, attribute="thumbnail_names", allow_none=True)
    duration_hours = fields.Hours(allow_none=True)
    class_starts = fields.Day(allow_none=True)
    admission_deadline = fields.Day(allow_none=True)
    is_admission_open = fields.Flag()
    schedule = fields.Text(max_length=1000)
    venue = fields.Text(max_length=500)
    total_seats = fields.Whole(allow_none=True)
    available_seats = fields.Whole(allow_none=True)
    is_full = fields.Flag()
    is_enrolled = fields.Flag()
    enforce_order = fields.Flag()
    status = fields.Choice(CourseStatus)
    enrollment_count = fields.Whole()
    average_rating = ma.fields.Float(allow_none=True)
    total_reviews = fields.Whole()
    lesson_count = fields.Whole()
    published_at = fields.Instant(allow_none=True)
    created_at = fields.Instant()
    updated_at = fields.Instant()


class WaitingCourseSchema(CourseSchema):
    """A course that awaits a decision. `changed_fields` names what was edited since the last one."""

    submitted_at = fields.Instant(allow_none=True)
    decided_at = fields.Instant(allow_none=True)
    changed_fields = ma.fields.List(fields.Text(max_length=100))


class OutlineLessonSchema(Schema):
    """A lesson without its body."""

    id = fields.Id()
    title = fields.Text(max_length=200)
    type = fields.Choice(LessonType)
    duration_seconds = fields.Whole(allow_none=True)
    is_preview = fields.Flag()
    is_required = fields.Flag()
    position = fields.Whole()


class OutlineSectionSchema(Schema):
    id = fields.Id()
    title = fields.Text(max_length=200)
    description = fields.Text(max_length=5000)
    position = fields.Whole()
    lessons = ma.fields.List(ma.fields.Nested(OutlineLessonSchema))


class VersionChangesSchema(Schema):
    """Titles of lessons that differ from the version before; none in the first."""

    added = ma.fields.List(fields.Text(max_length=200))
    removed = ma.fields.List(fields.Text(max_length=200))
    changed = ma.fields.List(fields.Text(max_length=200))


class VersionBriefSchema(Schema):
    """A version of a course, as its learners see it."""

    number = fields.Whole(metadata={"description": "Counts from 1 within the course."})
    note = fields.Text(max_length=2000)
    changes = ma.fields.Nested(VersionChangesSchema)
    published_at = fields.Text(max_length=32, metadata={"format": "date-time"})


class CourseDetailSchema(CourseSchema):
    """A course on its own page. Review notes and reviewer are null for all but its instructor and admins."""

    IS_RESOURCE: ClassVar = True

    FOR_MANAGERS = ("review_notes", "reviewed_by", "reviewed_at", "changed_since_review")

    description = fields.Text(max_length=20_000)
    instructor = ma.fields.Nested(InstructorSchema)
    preview_video = fields.Link(allow_none=True)
    requirements = fields.Text(max_length=5000)
    learning_outcomes = fields.Text(max_length=5000)
    target_audience = fields.Text(max_length=5000)
    who_can_join = fields.Text(max_length=5000)
    review_notes = fields.Text(max_length=5000, allow_none=True)
    reviewed_by = fields.Id(attribute="reviewed_by_id", allow_none=True)
    reviewed_at = fields.Instant(allow_none=True)
    changed_since_review = fields.Flag(allow_none=True)
    version = ma.fields.Nested(
        VersionBriefSchema,
        allow_none=True,
        metadata={
            "description": "The latest version, which completions name; null before the first publication."
        },
    )
    sections = ma.fields.List(ma.fields.Nested(OutlineSectionSchema))

    @ma.post_dump(pass_original=True)
    def _keep_among_managers(self, shown: dict[str, Any], course: Any, **_: Any) -> dict[str, Any]:
        return shown if course.is_managed else {**shown, **dict.fromkeys(self.FOR_MANAGERS)}


class CreatedCourseSchema(CourseDetailSchema):
    """A new course. `publish_refused` is the reason code when `publish` was true and it was not published."""

    ASIDE: ClassVar = ("publish_refused",)

    publish_refused = fields.Text(max_length=40, allow_none=True)


class CourseReplaceSchema(Schema):
    """A whole course. Fields that are left out are emptied, except slug and instructor.

    One of the two descriptions is required. `instructor_id` is for admins.
    """

    EXAMPLE: ClassVar = {
        "title": "Accounting for beginners",
        "short_description": "Read a balance sheet without fear.",
        "description": "From the first entry to the annual report.",
        "level": "BEGINNER",
        "price": "49.90",
        "currency": "USD",
        "duration_hours": 12.5,
        "total_seats": 30,
    }

    title = fields.Text(min_length=1, max_length=200, required=True)
    short_description = fields.Text(max_length=500, load_default="")
    description = fields.Text(max_length=20_000, load_default="")
    slug = slug_field(max_length=SLUG_LENGTH)
    category_id = fields.Id(load_default=None)
    instructor_id = fields.Id()
    level = fields.Choice(Level, load_default=Level.BEGINNER)
    price = fields.Money(load_default=Decimal(0), metadata={"example": "49.90"})
    currency = fields.Currency(load_default=None, metadata={"pattern": "^[A-Za-z]{3}$", "example": "EUR"})
    preview_video = fields.Link(load_default=None)
    duration_hours = fields.Hours(load_default=None)
    requirements = fields.Text(max_length=5000, load_default="")
    learning_outcomes = fields.Text(max_length=5000, load_default="")
    target_audience = fields.Text(max_length=5000, load_default="")
    who_can_join = fields.Text(max_length=5000, load_default="")
    class_starts = fields.Day(load_default=None)
    admission_deadline = fields.Day(load_default=None)
    schedule = fields.Text(max_length=1000, load_default="")
    venue = fields.Text(max_length=500, load_default="")
    total_seats = fields.Whole(minimum=1, load_default=None)
    enforce_order = fields.Flag(load_default=False)


class CoursePatchSchema(CourseReplaceSchema):
    """The fields of a course that change. Actions such as `publish` change its status."""

    EXAMPLE: ClassVar = {"price": "39.90", "total_seats": 40}


class CourseInputSchema(CourseReplaceSchema):
    """A new course. `code` and `instructor_id` are for admins."""

    EXAMPLE: ClassVar = CourseReplaceSchema.EXAMPLE

    code = fields.Text(
        max_length=40,
        validate=validate.Regexp(
            r"[A-Za-z0-9][A-Za-z0-9._-]*\Z", error="Use letters, digits, dots, underscores and hyphens."
        ),
        metadata={"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$", "example": "ACC-101"},
    )
    publish = fields.Flag(
        load_default=False, metadata={"description": "true: publish the course at once, if that is allowed."}
    )


class OwnCourseQuerySchema(ListQuerySchema):
    """The filters and orderings of the caller's own courses."""

    search = search_term()
    category = fields.Text(
        min_length=1, max_length=120, load_default=None, metadata={"description": "A category by id or slug."}
    )
    level = fields.Choices(Level, load_default=None)
    is_free = fields.Flag(load_default=None)
    min_price = fields.Money(load_default=None)
    max_price = fields.Money(load_default=None)
    has_seats = fields.Flag(load_default=None)
    status = fields.Choices(CourseStatus, load_default=None)
    ordering = ordering(*ORDERINGS, default=None)


class CourseQuerySchema(OwnCourseQuerySchema):
    """The filters and orderings of the catalogue."""

    instructor = fields.Identifier(
        min_length=1,
        max_length=60,
        load_default=None,
        metadata={"description": "An instructor by id or username."},
    )
