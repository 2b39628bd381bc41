"""Progress in lessons, and the explanation and recalculation of completions."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.learning import (
    GradeRequired,
    LessonLocked,
    NotEnrolled,
    NotWatched,
    PaymentRequired,
    QuizNotPassed,
    SubmissionRequired,
)
from app.schemas.enrollments import EnrollmentSchema
from app.schemas.progress import (
    CompletionSchema,
    ProgressRowSchema,
    ProgressSchema,
    RecalculateSchema,
    RecalculationSchema,
)
from app.services.learning import completion_explained, progress, progress_read, recalculation, watching
from app.web.access import caller, requires
from app.web.api import Blueprint

blp = Blueprint("progress", __name__, description="Progress in lessons, and the explanation of a completion.")


_REFUSALS = (
    NotEnrolled,
    PaymentRequired,
    LessonLocked,
    NotWatched,
    QuizNotPassed,
    SubmissionRequired,
    GradeRequired,
)
"""Why a lesson is not marked as done."""


@blp.post("/lessons/<uuid:lesson_id>/complete")
@requires()
@blp.response(200, EnrollmentSchema, message="Lesson marked as done.")
@blp.refuses(*_REFUSALS)
def complete_lesson(lesson_id: UUID):
    """Mark a lesson as done.

    The last one that counts completes the course, with a certificate and a notice. Repeating the call changes nothing.
    A quiz that has questions is done by passing it, homework by submitting it.
    """
    return watching.record(caller(), lesson_id, completed=True)


@blp.delete("/lessons/<uuid:lesson_id>/complete")
@requires()
@blp.response(200, EnrollmentSchema, message="Lesson marked as not done.")
@blp.refuses(NotEnrolled, PaymentRequired)
def undo_lesson(lesson_id: UUID):
    """Mark a lesson as not done.

    The percentage falls; a completed course stays completed, and homework stays submitted.
    """
    return progress.record(caller(), lesson_id, completed=False)


@blp.put("/lessons/<uuid:lesson_id>/progress")
@requires()
@blp.arguments(ProgressSchema)
@blp.response(200, EnrollmentSchema, message="Progress recorded.")
@blp.refuses(*_REFUSALS)
def record_progress(changes: dict[str, Any], lesson_id: UUID):
    """Record the progress in a lesson.

    How far it was watched, which parts of it, whether it is done. A lesson of type VIDEO completes by itself when
    `WATCHED_PERCENT` of its uploaded video were watched (90 % unless set).
    """
    return watching.record(caller(), lesson_id, **changes)


@blp.get("/enrollments/<uuid:enrollment_id>/progress")
@requires()
@blp.lists(ProgressRowSchema)
def list_progress(enrollment_id: UUID):
    """List the progress of an enrollment.

    Lesson by lesson.
    """
    return progress_read.list_of_enrollment(caller(), enrollment_id)


@blp.get("/courses/<course_id>/progress")
@requires()
@blp.lists(ProgressRowSchema)
@blp.refuses(NotEnrolled)
def list_own_progress(course_id: str):
    """List your progress in a course.

    Lesson by lesson.
    """
    return progress_read.list_own(caller(), course_id)


@blp.get("/enrollments/<uuid:enrollment_id>/completion")
@requires()
@blp.response(200, CompletionSchema)
def explain_completion(enrollment_id: UUID):
    """Explain the completion of an enrollment.

    Why it is completed, or what is missing.
    """
    return completion_explained.explain(caller(), enrollment_id)


@blp.post("/courses/<course_id>/recalculate")
@requires(Role.ADMIN)
@blp.arguments(RecalculateSchema)
@blp.response(200, RecalculationSchema, message="Completions recalculated.")
def recalculate_course(body: dict[str, Any], course_id: str):
    """Recalculate the completions of a course.

    Completes every enrollment whose learner has done all that counts; no completion is taken back. With `notify: false`
    the notices are recorded and not sent.
    """
    return recalculation.recalculate(course_id, **body)
