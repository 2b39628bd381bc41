"""Attempts at a quiz: start one, save responses, submit it."""

from typing import Any
from uuid import UUID

from app.errors.base import Forbidden
from app.errors.learning import (
    AttemptExpired,
    AttemptOpen,
    AttemptSubmitted,
    AttemptsUsedUp,
    LessonLocked,
    NotAQuiz,
    NotEnrolled,
    PaymentRequired,
    QuizEmpty,
)
from app.schemas.quiz_attempts import (
    AttemptBriefSchema,
    AttemptQuerySchema,
    AttemptSchema,
    ResponsesSchema,
    SubmittedResponsesSchema,
)
from app.services.quizzes import quiz_attempts, quiz_attempts_list, quiz_attempts_start
from app.web.access import caller, requires
from app.web.api import Blueprint

blp = Blueprint("quiz attempts", __name__, description="Attempts of learners at a quiz.")


@blp.get("/lessons/<uuid:lesson_id>/attempts")
@requires()
@blp.lists(AttemptBriefSchema, AttemptQuerySchema)
@blp.refuses(NotEnrolled, PaymentRequired)
def list_attempts(filters: dict[str, Any], lesson_id: UUID):
    """List the attempts at a quiz.

    Your own; the course's instructor and admins see those of all learners.
    """
    return quiz_attempts_list.list_of_lesson(caller(), lesson_id, **filters)


@blp.post("/lessons/<uuid:lesson_id>/attempts")
@requires()
@blp.response(201, AttemptSchema, message="Attempt started.")
@blp.refuses(NotEnrolled, PaymentRequired, LessonLocked, NotAQuiz, QuizEmpty, AttemptOpen, AttemptsUsedUp)
def start_attempt(lesson_id: UUID):
    """Start an attempt at a quiz.

    It keeps the questions as they are now, in its own order. One attempt is in progress at a time; `details.attempt_id` of
    the refusal names it. The instructor of the course has no attempts: the list of questions is their preview.
    """
    return quiz_attempts_start.start(caller(), lesson_id)


@blp.get("/attempts/<uuid:attempt_id>")
@requires()
@blp.response(200, AttemptSchema)
@blp.refuses(NotEnrolled, PaymentRequired)
def show_attempt(attempt_id: UUID):
    """Show an attempt.

    The questions with the responses so far; after it was submitted as much of the result as the quiz reveals. The course's
    instructor and admins see all of it.
    """
    return quiz_attempts.show(caller(), attempt_id)


@blp.put("/attempts/<uuid:attempt_id>")
@requires()
@blp.arguments(ResponsesSchema)
@blp.response(200, AttemptSchema, message="Responses saved.")
@blp.refuses(Forbidden, NotEnrolled, PaymentRequired, AttemptSubmitted, AttemptExpired)
def save_responses(body: dict[str, Any], attempt_id: UUID):
    """Save the responses of an attempt.

    They replace those saved before. When the time runs out, what was saved is graded.
    """
    return quiz_attempts.save(caller(), attempt_id, **body)


@blp.post("/attempts/<uuid:attempt_id>/submit")
@requires()
@blp.arguments(SubmittedResponsesSchema)
@blp.response(200, AttemptSchema, message="Attempt submitted.")
@blp.refuses(Forbidden, NotEnrolled, PaymentRequired, AttemptSubmitted)
def submit_attempt(body: dict[str, Any], attempt_id: UUID):
    """Submit an attempt.

    It is graded at once, and the best score counts. A passed quiz completes its lesson, and the last lesson the course. After
    the time limit and its grace, the responses in the body are ignored and those saved are graded.
    """
    return quiz_attempts.submit(caller(), attempt_id, **body)
