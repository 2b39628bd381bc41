"""Reviews in and out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import Field, Float, Nested

from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, course_filter, course_ref, ordering, search_term


class AuthorSchema(Schema):
    """The public fields of the author."""

    id = fields.Id()
    full_name = fields.Text(max_length=201)


class ReviewSchema(Schema):
    """A review of a course by a learner. `is_completed`: its author has completed the course."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    course_id = fields.Id()
    author = Nested(AuthorSchema)
    rating = fields.Whole(minimum=1, maximum=5)
    comment = fields.Text(max_length=2000)
    is_completed = fields.Flag()
    created_at = fields.Instant()
    updated_at = fields.Instant()


_BREAKDOWN: dict[str, Field[Any]] = {
    str(rating): fields.Whole(required=True, metadata={"example": rating}) for rating in range(1, 6)
}


class ReviewSummarySchema(Schema):
    """The summary of all reviews of the course, whatever the list is filtered by.

    Without a course: of all reviews that the caller may see, and null when they are too many to count.
    """

    breakdown = Nested(
        Schema.from_dict(_BREAKDOWN, name="RatingBreakdown"),
        required=True,
        allow_none=True,
        metadata={"description": "Number of reviews by stars, from 1 to 5."},
    )
    average = Float(
        required=True,
        allow_none=True,
        metadata={
            "description": "Average of the stars, with two decimals; null without reviews.",
            "example": 4.33,
        },
    )


class ReviewInputSchema(Schema):
    """A whole review: stars, and optionally a comment."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rating": 5, "comment": "Clear, and to the point."}

    rating = fields.Whole(minimum=1, maximum=5, required=True)
    comment = fields.Text(max_length=2000, load_default="")


class CourseReviewInputSchema(ReviewInputSchema):
    """A review that names its course."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "course_id": "01920c3e-7a10-7c3d-9f42-5b6a7c8d9e0f",
        **ReviewInputSchema.EXAMPLE,
    }

    course_id = course_ref(required=True)


class ReviewPatchSchema(ReviewInputSchema):
    """The fields of a review that change."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rating": 4}


class CourseReviewQuerySchema(ListQuerySchema):
    """The filters and orderings of the reviews of a course."""

    author_id = fields.Id(
        load_default=None, metadata={"description": "The user who wrote the reviews, such as the caller."}
    )
    rating = fields.Whole(minimum=1, maximum=5, load_default=None, strict=False)
    search = search_term()
    ordering = ordering("created_at", "rating", default="-created_at")


class ReviewQuerySchema(CourseReviewQuerySchema):
    """The filters and orderings of all reviews."""

    course_id = course_filter()
