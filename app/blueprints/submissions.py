"""Homework: submissions of learners, the grading queue, and grades."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.base import Forbidden
from app.errors.catalogue import QuotaExceeded, TooManyFiles
from app.errors.learning import (
    AlreadyGraded,
    LessonLocked,
    NotEnrolled,
    NotHomework,
    PaymentRequired,
    SubmissionReplaced,
)
from app.errors.requests import StorageFull
from app.schemas.files import FileSchema, LessonFileSchema
from app.schemas.submissions import (
    GradeSubmissionSchema,
    HomeworkSchema,
    SubmissionQuerySchema,
    SubmissionRowSchema,
    SubmissionSchema,
)
from app.services.content import homework_files
from app.services.learning import submissions, submissions_read
from app.web.access import caller, requires
from app.web.api import Blueprint
from app.web.rate_limits import UPLOADS, throttled

blp = Blueprint("submissions", __name__, description="Homework that learners hand in, and its grades.")


@blp.post("/lessons/<uuid:lesson_id>/submissions")
@requires()
@blp.arguments(HomeworkSchema)
@blp.response(201, SubmissionSchema, message="Homework submitted.")
@blp.refuses(NotEnrolled, PaymentRequired, LessonLocked, NotHomework, AlreadyGraded)
def submit_homework(body: dict[str, Any], lesson_id: UUID):
    """Submit homework.

    For a lesson of type ASSIGNMENT: a text, files that were uploaded for it, or both. Until it is graded, another submission replaces it. The lesson is then done; with
    `HOMEWORK_COMPLETES=graded` it is once the submission is graded.
    """
    return submissions.submit(caller(), lesson_id, **body)


@blp.post("/lessons/<uuid:lesson_id>/submissions/files")
@requires()
@throttled(UPLOADS)
@blp.arguments(LessonFileSchema, location="files")
@blp.response(201, FileSchema, message="File added.")
@blp.refuses(NotEnrolled, PaymentRequired, LessonLocked, NotHomework, AlreadyGraded)
@blp.refuses(QuotaExceeded, TooManyFiles, StorageFull)
def add_homework_file(upload: dict[str, Any], lesson_id: UUID):
    """Upload a file for homework.

    It is handed in with the submission that names it in `file_ids`; otherwise it is deleted after a day. At most 20 files
    of a lesson wait to be handed in.
    """
    return homework_files.add(caller(), lesson_id, **upload)


@blp.get("/lessons/<uuid:lesson_id>/submissions")
@requires()
@blp.lists(SubmissionSchema)
@blp.refuses(NotEnrolled)
def list_own_submissions(lesson_id: UUID):
    """List your submissions for a lesson.

    The newest first, with those that it replaced.
    """
    return submissions_read.list_own(caller(), lesson_id)


@blp.get("/courses/<course_id>/submissions")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(SubmissionRowSchema, SubmissionQuerySchema)
@blp.refuses(Forbidden)
def list_submissions(filters: dict[str, Any], course_id: str):
    """List the submissions of a course.

    The grading queue: with `state=SUBMITTED` what is to be graded, the oldest first.
    """
    return submissions_read.list_of_course(caller(), course_id, **filters)


@blp.get("/submissions/<uuid:submission_id>")
@requires()
@blp.response(200, SubmissionSchema)
def show_submission(submission_id: UUID):
    """Show a submission.

    For its learner, the instructor of the course and admins.
    """
    return submissions_read.get_visible(caller(), submission_id)


@blp.post("/submissions/<uuid:submission_id>/grade")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(GradeSubmissionSchema)
@blp.response(200, SubmissionSchema, message="Submission graded.")
@blp.refuses(Forbidden, AlreadyGraded, SubmissionReplaced)
def grade_submission(body: dict[str, Any], submission_id: UUID):
    """Grade a submission.

    With points and feedback; the learner is notified, and the lesson is done. A grade that is there is corrected with
    `regrade` only, so that two graders do not overwrite each other.
    """
    return submissions.grade(caller(), submission_id, **body)
