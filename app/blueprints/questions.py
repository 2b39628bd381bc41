"""Questions of a quiz, with their key: for those who manage the course."""

from typing import Any
from uuid import UUID

from app.enums import Mode, Role
from app.errors.base import Forbidden
from app.errors.catalogue import CourseUnderReview, OrderStale, PositionTaken, QuotaExceeded
from app.errors.learning import NotAQuiz, QuizTooLarge
from app.errors.requests import StorageFull
from app.schemas.questions import (
    QuestionExportSchema,
    QuestionFileSchema,
    QuestionImageInputSchema,
    QuestionImportSchema,
    QuestionInputSchema,
    QuestionPatchSchema,
    QuestionReplacementSchema,
    QuestionSchema,
    QuestionsSchema,
)
from app.schemas.sections import OrderSchema
from app.services.quizzes import question_files, question_images, questions
from app.services.quizzes.question_files import QuestionImport
from app.web.access import caller, requires
from app.web.api import Blueprint
from app.web.rate_limits import PICTURES, throttled

blp = Blueprint("questions", __name__, description="The questions of a quiz, with their key.")


@blp.get("/lessons/<uuid:lesson_id>/questions")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(QuestionSchema)
@blp.refuses(Forbidden)
def list_questions(lesson_id: UUID):
    """List the questions of a quiz.

    With their key, for the course's instructor and admins. Learners see the questions in their attempts.
    """
    return questions.list_of_lesson(caller(), lesson_id)


@blp.post("/lessons/<uuid:lesson_id>/questions")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(QuestionInputSchema)
@blp.response(201, QuestionSchema, message="Question created.")
@blp.refuses(Forbidden, CourseUnderReview, NotAQuiz, PositionTaken, QuizTooLarge)
def create_question(question: dict[str, Any], lesson_id: UUID):
    """Add a question to a quiz.

    The first one makes the lesson a quiz that has to be passed. Attempts in progress do not get it.
    """
    return questions.create(caller(), lesson_id, **question)


@blp.put("/lessons/<uuid:lesson_id>/questions/order")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(OrderSchema)
@blp.response(200, QuestionsSchema, message="Questions reordered.")
@blp.refuses(Forbidden, CourseUnderReview, OrderStale)
def reorder_questions(order: dict[str, Any], lesson_id: UUID):
    """Reorder the questions of a quiz.

    Name every question exactly once. They get the positions 1, 2, 3 and so on.
    """
    return {"questions": questions.reorder(caller(), lesson_id, **order)}


def _imported(report: QuestionImport) -> str:
    return "Questions imported." if report.mode == Mode.RUN else "Preview finished: nothing was changed."


@blp.post("/lessons/<uuid:lesson_id>/questions/import")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(QuestionFileSchema, location="files")
@blp.response(200, QuestionImportSchema, message=_imported)
@blp.refuses(Forbidden, CourseUnderReview, NotAQuiz, QuizTooLarge, QuotaExceeded, StorageFull)
def import_questions(body: dict[str, Any], lesson_id: UUID):
    """Import questions into a quiz.

    A file of GIFT or Moodle XML, in UTF-8. Each question is reported: what is not supported is left out, with the reason.
    """
    return question_files.read_in(caller(), lesson_id, **body)


@blp.get("/lessons/<uuid:lesson_id>/questions/export")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(QuestionExportSchema, location="query")
@blp.downloads("text/plain", "application/xml")
@blp.refuses(Forbidden)
def export_questions(query: dict[str, Any], lesson_id: UUID):
    """Export the questions of a quiz.

    As a file of GIFT or Moodle XML, with their key.
    """
    return question_files.write_out(caller(), lesson_id, form=query["format"])


@blp.get("/questions/<uuid:question_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(200, QuestionSchema)
@blp.refuses(Forbidden)
def show_question(question_id: UUID):
    """Show a question with its key."""
    return questions.get_managed(caller(), question_id)


@blp.put("/questions/<uuid:question_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(QuestionReplacementSchema)
@blp.response(200, QuestionSchema, message="Question updated.")
@blp.refuses(Forbidden, CourseUnderReview, PositionTaken)
def replace_question(question: dict[str, Any], question_id: UUID):
    """Replace a question.

    Its type stays. Attempts go on with the version that they began with; regrade to apply a mended key to those that were
    submitted.
    """
    return questions.update(caller(), question_id, **question)


@blp.patch("/questions/<uuid:question_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(QuestionPatchSchema, partial=True)
@blp.response(200, QuestionSchema, message="Question updated.")
@blp.refuses(Forbidden, CourseUnderReview, PositionTaken)
def edit_question(changes: dict[str, Any], question_id: UUID):
    """Change fields of a question."""
    return questions.update(caller(), question_id, **changes)


@blp.delete("/questions/<uuid:question_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(204)
@blp.refuses(Forbidden, CourseUnderReview)
def delete_question(question_id: UUID):
    """Delete a question.

    Attempts that have it keep it, with its results. Without questions the lesson is marked as done by hand again.
    """
    return questions.delete(caller(), question_id)


@blp.put("/questions/<uuid:question_id>/image")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(PICTURES)
@blp.arguments(QuestionImageInputSchema, location="files")
@blp.response(200, QuestionSchema, message="Image saved.")
@blp.refuses(Forbidden, CourseUnderReview, QuotaExceeded, StorageFull)
def replace_question_image(image: dict[str, Any], question_id: UUID):
    """Replace the image of a question.

    It is re-encoded without metadata, at most 1600 pixels a side. Attempts in progress keep what they began with.
    """
    return question_images.replace(caller(), question_id, **image)


@blp.delete("/questions/<uuid:question_id>/image")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(200, QuestionSchema, message="Image removed.")
@blp.refuses(Forbidden, CourseUnderReview)
def remove_question_image(question_id: UUID):
    """Remove the image of a question."""
    return question_images.remove(caller(), question_id)
