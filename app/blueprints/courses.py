"""The catalogue and the life of a course."""

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
from app.schemas.courses import (
    CourseChangeSchema,
    CourseDeletionSchema,
    CourseDetailSchema,
    CourseInputSchema,
    CoursePatchSchema,
    CourseQuerySchema,
    CourseReplaceSchema,
    CourseSchema,
    CreatedCourseSchema,
    DecisionSchema,
    OwnCourseQuerySchema,
    PublicationSchema,
    WaitingCourseSchema,
)
from app.services.catalogue import courses, courses_list, courses_workflow, courses_write
from app.web.access import caller, public, requires, visitor
from app.web.api import Blueprint

blp = Blueprint("courses", __name__, description="The catalogue and the life of a course.")


@blp.get("/courses")
@public
@blp.lists(CourseSchema, CourseQuerySchema)
def list_courses(filters: dict[str, Any]):
    """The catalogue.

    Everybody finds published courses, instructors also their own, admins all. With `search` and no `ordering` the best
    matches come first.
    """
    return courses_list.list_catalogue(visitor(), **filters)


@blp.post("/courses")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(CourseInputSchema)
@blp.response(201, CreatedCourseSchema, message="The course was made.")
@blp.refuses(SlugTaken, CodeTaken)
def create_course(values: dict[str, Any]):
    """Draft a course.

    It needs a title and one of the descriptions. With `publish: true` it is published if that is allowed;
    `publish_refused` says why not.
    """
    return courses_write.create(caller(), **values)


@blp.get("/courses/mine")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(CourseSchema, OwnCourseQuerySchema)
def list_my_courses(filters: dict[str, Any]):
    """What you teach, in every state."""
    return courses_list.list_own(caller(), **filters)


@blp.get("/courses/review-queue")
@requires(Role.ADMIN)
@blp.lists(WaitingCourseSchema)
def list_review_queue():
    """Courses that wait for a decision, longest first.

    Each tells what has been edited since the last decision: fields by name, and `sections` or `lessons`.
    """
    return courses_list.list_waiting(caller())


@blp.get("/courses/<ref>")
@public
@blp.response(200, CourseDetailSchema)
def show_course(ref: str):
    """One course with the outline of its lessons, by id, slug or code."""
    return courses.show(visitor(), ref)


@blp.put("/courses/<ref>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(CourseReplaceSchema)
@blp.response(200, CourseDetailSchema, message="The course is changed.")
@blp.refuses(Forbidden, SlugTaken, CourseUnderReview, AlreadyEnrolled)
def replace_course(values: dict[str, Any], ref: str):
    """Write a course anew; slug and instructor stay unless given."""
    return courses_write.update(caller(), ref, **values)


@blp.patch("/courses/<ref>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(CoursePatchSchema, partial=True)
@blp.response(200, CourseDetailSchema, message="The course is changed.")
@blp.refuses(Forbidden, SlugTaken, CourseUnderReview, AlreadyEnrolled)
def edit_course(changes: dict[str, Any], ref: str):
    """Change fields of a course.

    An APPROVED course returns to DRAFT; a PUBLISHED one stays live and says that it changed since its review.
    """
    return courses_write.update(caller(), ref, **changes)


@blp.delete("/courses/<ref>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(CourseDeletionSchema, location="query")
@blp.response(204)
@blp.refuses(Forbidden, CourseInUse, CourseUnderReview)
def delete_course(options: dict[str, Any], ref: str):
    """Take a course out of the catalogue; learners' records stay."""
    courses_write.delete(caller(), ref, **options)


@blp.post("/courses/<course_id>/submit")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="The course waits for a decision.")
@blp.refuses(Forbidden, CourseIncomplete, InvalidTransition)
def submit_course(course_id: str):
    """Ask for a decision about your draft."""
    return courses_workflow.submit(caller(), course_id)


@blp.post("/courses/<course_id>/withdraw")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="The course is a draft again.")
@blp.refuses(Forbidden, InvalidTransition)
def withdraw_course(course_id: str):
    """Take your course back from review."""
    return courses_workflow.withdraw(caller(), course_id)


@blp.post("/courses/<course_id>/review")
@requires(Role.ADMIN)
@blp.arguments(DecisionSchema)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="The decision stands.")
@blp.refuses(CourseIncomplete, InvalidTransition)
def review_course(decision: dict[str, Any], course_id: str):
    """Decide about a course that waits, or think again about an approved one."""
    return courses_workflow.review(caller(), course_id, **decision)


@blp.post("/courses/<course_id>/publish")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(PublicationSchema)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="The course is published.")
@blp.refuses(Forbidden, ApprovalRequired, CourseIncomplete, InvalidTransition)
def publish_course(options: dict[str, Any], course_id: str):
    """Open a course to everybody.

    Instructors publish what is approved, or their drafts where they are trusted to; admins may override completeness
    with a reason.
    """
    return courses_workflow.publish(caller(), course_id, **options)


@blp.post("/courses/<course_id>/unpublish")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="The course is a draft again.")
@blp.refuses(Forbidden, InvalidTransition)
def unpublish_course(course_id: str):
    """Take a published course back to draft; its learners keep it."""
    return courses_workflow.unpublish(caller(), course_id)


@blp.post("/courses/<course_id>/archive")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="The course is archived.")
@blp.refuses(Forbidden, InvalidTransition)
def archive_course(course_id: str):
    """Put a course away; its learners keep it."""
    return courses_workflow.archive(caller(), course_id)


@blp.post("/courses/<course_id>/unarchive")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.acts_on(show_course)
@blp.response(200, CourseDetailSchema, message="The course is a draft again.")
@blp.refuses(Forbidden, InvalidTransition)
def unarchive_course(course_id: str):
    """Take a course out of the archive."""
    return courses_workflow.unarchive(caller(), course_id)


@blp.get("/courses/<course_id>/history")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(CourseChangeSchema)
@blp.refuses(Forbidden)
def list_course_history(course_id: str):
    """Who did what to a course, newest first."""
    return courses_list.list_history(caller(), course_id)
