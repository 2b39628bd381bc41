"""The catalogue, courses, and their way through review."""

from typing import Any

from app.enums import Role
from app.errors.base import Forbidden
from app.errors.catalogue import (
    ApprovalRequired,
    CodeTaken,
    CourseIncomplete,
    CourseInUse,
    CourseUnderReview,
    InvalidTransition,
    SlugTaken,
)
from app.errors.learning import AlreadyEnrolled
from app.errors.requests import StorageFull
from app.schemas.courses import (
    CourseDetailSchema,
    CourseInputSchema,
    CoursePatchSchema,
    CourseQuerySchema,
    CourseReplaceSchema,
    CourseSchema,
    CreatedCourseSchema,
    OwnCourseQuerySchema,
    WaitingCourseSchema,
)
from app.schemas.courses_workflow import (
    CourseChangeSchema,
    CourseDeletionSchema,
    DecisionSchema,
    PublicationSchema,
)
from app.schemas.files import PictureSchema
from app.services.catalogue import courses_list, courses_read, courses_workflow, courses_write, thumbnails
from app.web.access import caller, public, requires, visitor
from app.web.api import Blueprint
from app.web.rate_limits import PICTURES, throttled

blp = Blueprint("courses", __name__, description="The catalogue, courses, and their way through review.")


@blp.get("/courses")
@public
@blp.lists(CourseSchema, CourseQuerySchema)
def list_courses(filters: dict[str, Any]):
    """List the courses of the catalogue.

    Every caller sees published courses, instructors also their own, admins all. With `search` and without `ordering`
    the best matches come first.
    """
    return courses_list.list_catalogue(visitor(), **filters)


@blp.post("/courses")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(CourseInputSchema)
@blp.response(201, CreatedCourseSchema, message="Course created.")
@blp.refuses(SlugTaken, CodeTaken)
def create_course(values: dict[str, Any]):
    """Create a course.

    A DRAFT, which needs a title and one of the descriptions. With `publish: true` it is published if that is allowed;
    otherwise `publish_refused` gives the reason code.
    """
    return courses_write.create(caller(), **values)


@blp.get("/courses/mine")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(CourseSchema, OwnCourseQuerySchema)
def list_my_courses(filters: dict[str, Any]):
    """List the courses that you teach.

    In every state.
    """
    return courses_list.list_own(caller(), **filters)


@blp.get("/courses/review-queue")
@requires(Role.ADMIN)
@blp.lists(WaitingCourseSchema)
def list_review_queue():
    """List the courses that await a decision.

    Longest waiting first. `changed_fields` names what was edited since the last decision: fields by name, and
    `sections` or `lessons`.
    """
    return courses_list.list_waiting(caller())


@blp.get("/courses/<ref>")
@public
@blp.response(200, CourseDetailSchema)
def show_course(ref: str):
    """Show a course with the outline of its lessons."""
    return courses_read.show(visitor(), ref)


@blp.put("/courses/<ref>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(CourseReplaceSchema)
@blp.response(200, CourseDetailSchema, message="Course updated.")
@blp.refuses(Forbidden, SlugTaken, CourseUnderReview, AlreadyEnrolled)
def replace_course(values: dict[str, Any], ref: str):
    """Replace a course.

    Slug and instructor stay unless given.
    """
    return courses_write.update(caller(), ref, **values)


@blp.patch("/courses/<ref>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(CoursePatchSchema, partial=True)
@blp.response(200, CourseDetailSchema, message="Course updated.")
@blp.refuses(Forbidden, SlugTaken, CourseUnderReview, AlreadyEnrolled)
def edit_course(changes: dict[str, Any], ref: str):
    """Change fields of a course.

    An APPROVED course returns to DRAFT; a PUBLISHED one stays published, with `changed_since_review` true.
    """
    return courses_write.update(caller(), ref, **changes)


@blp.delete("/courses/<ref>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(CourseDeletionSchema, location="query")
@blp.response(204)
@blp.refuses(Forbidden, CourseInUse, CourseUnderReview)
def delete_course(options: dict[str, Any], ref: str):
    """Delete a course.

    A soft delete: the course is 404 and leaves the catalogue, and its learners' records stay.
    """
    courses_write.delete(caller(), ref, **options)


@blp.post("/courses/<course_id>/submit")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="Course submitted for review.")
@blp.refuses(Forbidden, CourseIncomplete, InvalidTransition)
def submit_course(course_id: str):
    """Submit a course for review."""
    return courses_workflow.submit(caller(), course_id)


@blp.post("/courses/<course_id>/withdraw")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="Course withdrawn: it is a draft again.")
@blp.refuses(Forbidden, InvalidTransition)
def withdraw_course(course_id: str):
    """Withdraw a course from review."""
    return courses_workflow.withdraw(caller(), course_id)


@blp.post("/courses/<course_id>/review")
@requires(Role.ADMIN)
@blp.arguments(DecisionSchema)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="Course decision recorded.")
@blp.refuses(CourseIncomplete, InvalidTransition)
def review_course(decision: dict[str, Any], course_id: str):
    """Approve, reject or publish a submitted course.

    The decision about an APPROVED course can be changed.
    """
    return courses_workflow.review(caller(), course_id, **decision)


@blp.post("/courses/<course_id>/publish")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(PublicationSchema)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="Course published.")
@blp.refuses(Forbidden, ApprovalRequired, CourseIncomplete, InvalidTransition)
def publish_course(options: dict[str, Any], course_id: str):
    """Publish a course.

    Instructors publish approved courses, and their drafts where they may publish without approval; admins may publish
    an incomplete course with a reason.
    """
    return courses_workflow.publish(caller(), course_id, **options)


@blp.post("/courses/<course_id>/unpublish")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="Course unpublished: it is a draft again.")
@blp.refuses(Forbidden, InvalidTransition)
def unpublish_course(course_id: str):
    """Unpublish a course.

    It returns to DRAFT; its learners keep their access.
    """
    return courses_workflow.unpublish(caller(), course_id)


@blp.post("/courses/<course_id>/archive")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="Course archived.")
@blp.refuses(Forbidden, InvalidTransition)
def archive_course(course_id: str):
    """Archive a course.

    It leaves the catalogue; its learners keep their access.
    """
    return courses_workflow.archive(caller(), course_id)


@blp.post("/courses/<course_id>/unarchive")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="Course unarchived: it is a draft again.")
@blp.refuses(Forbidden, InvalidTransition)
def unarchive_course(course_id: str):
    """Unarchive a course."""
    return courses_workflow.unarchive(caller(), course_id)


@blp.put("/courses/<course_id>/thumbnail")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(PICTURES)
@blp.arguments(PictureSchema, location="files")
@blp.response(200, CourseDetailSchema, message="Thumbnail saved.")
@blp.refuses(Forbidden, CourseUnderReview, StorageFull)
def replace_thumbnail(picture: dict[str, Any], course_id: str):
    """Replace the thumbnail of a course.

    A JPEG, PNG or WebP of at most 5 MB. A JPEG may have 25 million pixels, a progressive one or a PNG 10 million, a
    WebP 3 million. Its middle is cut to 16:9 and re-encoded without metadata, 320, 640 and 1280 pixels wide.
    """
    return thumbnails.replace(caller(), course_id, **picture)


@blp.delete("/courses/<course_id>/thumbnail")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(200, CourseDetailSchema, message="Thumbnail removed.")
@blp.refuses(Forbidden, CourseUnderReview)
def remove_thumbnail(course_id: str):
    """Remove the thumbnail of a course."""
    return thumbnails.remove(caller(), course_id)


@blp.get("/courses/<course_id>/history")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(CourseChangeSchema)
@blp.refuses(Forbidden)
def list_course_history(course_id: str):
    """List the history of a course.

    Who did what and when, newest first.
    """
    return courses_list.list_history(caller(), course_id)
