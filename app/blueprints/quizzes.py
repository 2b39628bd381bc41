"""Quizzes as a whole: their settings, regrading after a mended key, and statistics."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.base import Forbidden
from app.errors.catalogue import CourseUnderReview
from app.errors.learning import NotAQuiz, NotEnrolled, PaymentRequired
from app.schemas.quizzes import (
    QuizSchema,
    QuizSettingsSchema,
    QuizStatisticsSchema,
    RegradeReportSchema,
    RegradeSchema,
)
from app.services.quizzes import quiz_statistics, quizzes, regrading
from app.services.quizzes.regrading import Regrade
from app.web.access import caller, requires
from app.web.api import Blueprint

blp = Blueprint("quizzes", __name__, description="The settings, the regrading and the statistics of a quiz.")

_DONE = {"run": "Attempts regraded.", "preview": "Preview finished: nothing was changed."}


def _regraded(report: Regrade) -> str:
    return _DONE[report.mode]


@blp.get("/lessons/<uuid:lesson_id>/quiz")
@requires()
@blp.response(200, QuizSchema)
@blp.refuses(NotEnrolled, PaymentRequired, NotAQuiz)
def show_quiz(lesson_id: UUID):
    """Show a quiz.

    Its terms, its size, and where the caller is in it, for everyone who may read the lesson. The questions are in an attempt.
    """
    return quizzes.show(caller(), lesson_id)


@blp.put("/lessons/<uuid:lesson_id>/quiz")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(QuizSettingsSchema)
@blp.response(200, QuizSchema, message="Quiz updated.")
@blp.refuses(Forbidden, CourseUnderReview, NotAQuiz)
def configure_quiz(settings: dict[str, Any], lesson_id: UUID):
    """Replace the settings of a quiz.

    What is left out gets its default. A new pass mark holds for attempts that are submitted afterwards, and for a regrade.
    """
    return quizzes.configure(caller(), lesson_id, **settings)


@blp.post("/lessons/<uuid:lesson_id>/regrade")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(RegradeSchema)
@blp.response(200, RegradeReportSchema, message=_regraded)
@blp.refuses(Forbidden, NotAQuiz)
def regrade_quiz(body: dict[str, Any], lesson_id: UUID):
    """Regrade a quiz.

    Every submitted attempt is graded by the key and the pass mark as they are now; `preview` shows who would change. A learner who
    passes by it completes the lesson. No completion is taken back.
    """
    return regrading.regrade(caller(), lesson_id, **body)


@blp.get("/lessons/<uuid:lesson_id>/statistics")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(200, QuizStatisticsSchema)
@blp.refuses(Forbidden, NotAQuiz)
def show_quiz_statistics(lesson_id: UUID):
    """Show the statistics of a quiz.

    How difficult each question is (facility), and how well it separates learners who know the subject from others (discrimination).
    """
    return quiz_statistics.statistics(caller(), lesson_id)
