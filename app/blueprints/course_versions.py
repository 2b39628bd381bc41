"""Versions of courses: publishing changed content, and making the completions of earlier versions void."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.base import Forbidden
from app.errors.catalogue import CourseUnchanged, InvalidTransition
from app.errors.requests import PreconditionFailed
from app.schemas.course_versions import (
    AffectedCompletionSchema,
    AffectedQuerySchema,
    CourseVersionSchema,
    CourseVersionsSummarySchema,
    VersionInputSchema,
    VoidingInputSchema,
    VoidingSchema,
)
from app.services.catalogue import course_versions
from app.services.learning import renewals
from app.web.access import caller, requires
from app.web.api import Blueprint

blp = Blueprint(
    "course versions", __name__, description="What a completion was made on, and when it has to be renewed."
)


@blp.get("/courses/<course_id>/versions")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(CourseVersionSchema, summary=CourseVersionsSummarySchema)
@blp.refuses(Forbidden)
def list_course_versions(course_id: str):
    """List the versions of a course.

    Newest first. `has_unpublished_changes` says whether the content differs from the latest one.
    """
    return course_versions.list_of(caller(), course_id)


@blp.post("/courses/<course_id>/versions")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(VersionInputSchema)
@blp.response(201, CourseVersionSchema, message="Version published.")
@blp.refuses(Forbidden, InvalidTransition, CourseUnchanged)
def publish_course_version(version: dict[str, Any], course_id: str):
    """Publish the changes of a published course as a version.

    Edits are live at once; completions name this version from now on. Publishing a course makes its first one.
    """
    return course_versions.publish(caller(), course_id, **version)


@blp.get("/versions/<uuid:version_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(200, CourseVersionSchema)
@blp.refuses(Forbidden)
def show_course_version(version_id: UUID):
    """Show a version of a course."""
    return course_versions.show(caller(), version_id)


@blp.get("/versions/<uuid:version_id>/affected")
@requires(Role.ADMIN)
@blp.lists(AffectedCompletionSchema, AffectedQuerySchema)
def list_affected_completions(filters: dict[str, Any], version_id: UUID):
    """List the completions that a version makes void.

    Those of earlier versions that have not been renewed.
    """
    return renewals.affected_by(caller(), version_id, **filters)


@blp.post("/versions/<uuid:version_id>/void")
@requires(Role.ADMIN)
@blp.arguments(VoidingInputSchema)
@blp.response(200, VoidingSchema, message="Completions of earlier versions made void.")
@blp.refuses(PreconditionFailed)
def void_earlier_completions(voiding: dict[str, Any], version_id: UUID):
    """Make the completions of earlier versions void.

    The enrollments are ACTIVE again and due by the date that you give; unchanged lessons stay completed, and former
    certificates stay verifiable. `mode: preview` says how many there are. Up to 10,000 in one call: repeat it until
    `remaining` is 0.
    """
    return renewals.void(caller(), version_id, **voiding)
