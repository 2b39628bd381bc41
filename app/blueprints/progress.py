"""Progress: lessons done and watched, and why a course is completed or not."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.learning import LessonLocked, NotEnrolled, PaymentRequired
from app.schemas.enrollments import EnrollmentSchema
from app.schemas.progress import (
    CompletionSchema,
    ProgressRowSchema,
    ProgressSchema,
    RecalculateSchema,
    RecalculationSchema,
)
from app.services.learning import completion_explained, progress, progress_read, recalculation
from app.web.access import caller, requires
from app.web.api import Blueprint

blp = Blueprint("progress", __name__, description="Lessons done and watched, and why a course is completed.")


@blp.post("/lessons/<uuid:lesson_id>/complete")
@requires()
@blp.response(200, EnrollmentSchema, message="The lesson is done.")
@blp.refuses(NotEnrolled, PaymentRequired, LessonLocked)
def complete_lesson(lesson_id: UUID):
    """Mark a lesson done.

    The last one that counts completes the course, with a certificate and a notice. Once more changes nothing.
    """
    return progress.complete(caller(), lesson_id)


@blp.delete("/lessons/<uuid:lesson_id>/complete")
@requires()
@blp.response(200, EnrollmentSchema, message="The lesson is not done.")
@blp.refuses(NotEnrolled, PaymentRequired)
def undo_lesson(lesson_id: UUID):
    """Mark a lesson not done.

    The percentage falls; what was completed stays completed.
    """
    return progress.record(caller(), lesson_id, completed=False)


@blp.put("/lessons/<uuid:lesson_id>/progress")
@requires()
@blp.arguments(ProgressSchema)
@blp.response(200, EnrollmentSchema, message="The progress is recorded.")
@blp.refuses(NotEnrolled, PaymentRequired, LessonLocked)
def record_progress(told: dict[str, Any], lesson_id: UUID):
    """Record how far a lesson was watched, or that it is done."""
    return progress.record(caller(), lesson_id, **told)


@blp.get("/enrollments/<uuid:enrollment_id>/progress")
@requires()
@blp.lists(ProgressRowSchema)
def list_progress(enrollment_id: UUID):
    """An enrollment's progress, lesson by lesson."""
    return progress_read.list_of_enrollment(caller(), enrollment_id)


@blp.get("/courses/<course_id>/progress")
@requires()
@blp.lists(ProgressRowSchema)
@blp.refuses(NotEnrolled)
def list_own_progress(course_id: str):
    """Your progress in a course, lesson by lesson."""
    return progress_read.list_own(caller(), course_id)


@blp.get("/enrollments/<uuid:enrollment_id>/completion")
@requires()
@blp.response(200, CompletionSchema)
def explain_completion(enrollment_id: UUID):
    """Why an enrollment is completed, or what is missing."""
    return completion_explained.explain(caller(), enrollment_id)


@blp.post("/courses/<course_id>/recalculate", tags=["notices"])
@requires(Role.ADMIN)
@blp.arguments(RecalculateSchema)
@blp.response(200, RecalculationSchema, message="Completions recalculated.")
def recalculate_course(body: dict[str, Any], course_id: str):
    """Complete everybody who has done all that counts.

    Nobody's completion is ever taken back. With `notify: false` the notices are recorded and not sent.
    """
    return recalculation.recalculate(course_id, **body)
