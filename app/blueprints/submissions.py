"""Homework: submissions of learners, the grading queue, and grades."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.base import Forbidden
from app.errors.learning import (
    AlreadyGraded,
    LessonLocked,
    NotEnrolled,
    NotHomework,
    PaymentRequired,
    SubmissionReplaced,
)
from app.schemas.submissions import (
    GradeSubmissionSchema,
    HomeworkSchema,
    SubmissionQuerySchema,
    SubmissionRowSchema,
    SubmissionSchema,
)
from app.services.learning import submissions, submissions_read
from app.web.access import caller, requires
from app.web.api import Blueprint

blp = Blueprint("submissions", __name__, description="Homework that learners hand in, and its grades.")


@blp.post("/lessons/<uuid:lesson_id>/submissions")
@requires()
@blp.arguments(HomeworkSchema)
@blp.response(201, SubmissionSchema, message="Homework submitted.")
@blp.refuses(NotEnrolled, PaymentRequired, LessonLocked, NotHomework, AlreadyGraded)
def submit_homework(body: dict[str, Any], lesson_id: UUID):
    """Submit homework.

    For a lesson of type ASSIGNMENT. Until it is graded, another submission replaces it. The lesson is then done; with
    `HOMEWORK_COMPLETES=graded` it is once the submission is graded.
    """
    return submissions.submit(caller(), lesson_id, **body)


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
