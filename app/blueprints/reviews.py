"""Reviews of courses: under their course, and across courses."""

from typing import Any
from uuid import UUID

from app.errors.base import Forbidden, NotFound
from app.errors.learning import AlreadyReviewed, NotEnrolled
from app.schemas.reviews import (
    CourseReviewInputSchema,
    CourseReviewQuerySchema,
    ReviewInputSchema,
    ReviewPatchSchema,
    ReviewQuerySchema,
    ReviewSchema,
    ReviewSummarySchema,
)
from app.services.learning import reviews
from app.web.access import caller, public, requires, visitor
from app.web.api import Blueprint

blp = Blueprint("reviews", __name__, description="What learners think of a course.")


@blp.get("/courses/<course_id>/reviews")
@public
@blp.lists(ReviewSchema, CourseReviewQuerySchema, summary=ReviewSummarySchema)
def list_course_reviews(filters: dict[str, Any], course_id: str):
    """List the reviews of a course.

    With the number of reviews for each rating, and their average.
    """
    return reviews.list_of_course(visitor(), course_id, **filters)


@blp.post("/courses/<course_id>/reviews")
@requires()
@blp.arguments(ReviewInputSchema)
@blp.response(201, ReviewSchema, message="Review created.")
@blp.refuses(NotEnrolled, AlreadyReviewed)
def write_course_review(review: dict[str, Any], course_id: str):
    """Review a course.

    One review per learner and course, and you must be enrolled. The review stays when you leave.
    """
    return reviews.write(caller(), course_id, **review)


@blp.get("/reviews")
@public
@blp.lists(ReviewSchema, ReviewQuerySchema, summary=ReviewSummarySchema)
def list_reviews(filters: dict[str, Any]):
    """List reviews.

    Of all courses that you may see; with `course_id` the same as under the course.
    """
    return reviews.list_visible(visitor(), **filters)


@blp.post("/reviews")
@requires()
@blp.arguments(CourseReviewInputSchema)
@blp.response(201, ReviewSchema, message="Review created.")
@blp.refuses(NotFound, NotEnrolled, AlreadyReviewed)
def write_review(review: dict[str, Any]):
    """Review a course named in the body."""
    return reviews.write(caller(), **review)


@blp.get("/reviews/<uuid:review_id>")
@public
@blp.response(200, ReviewSchema)
def show_review(review_id: UUID):
    """Show a review."""
    return reviews.get_visible(visitor(), review_id)


@blp.put("/reviews/<uuid:review_id>")
@requires()
@blp.arguments(ReviewInputSchema)
@blp.response(200, ReviewSchema, message="Review updated.")
@blp.refuses(Forbidden)
def replace_review(review: dict[str, Any], review_id: UUID):
    """Replace your review."""
    return reviews.revise(caller(), review_id, **review)


@blp.patch("/reviews/<uuid:review_id>")
@requires()
@blp.arguments(ReviewPatchSchema, partial=True)
@blp.response(200, ReviewSchema, message="Review updated.")
@blp.refuses(Forbidden)
def edit_review(changes: dict[str, Any], review_id: UUID):
    """Change the stars or the comment of your review."""
    return reviews.revise(caller(), review_id, **changes)


@blp.delete("/reviews/<uuid:review_id>")
@requires()
@blp.response(204)
@blp.refuses(Forbidden)
def delete_review(review_id: UUID):
    """Delete a review.

    One of your own; admins may delete any.
    """
    reviews.delete(caller(), review_id)
