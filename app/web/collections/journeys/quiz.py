"""A quiz: an instructor writes it, a student fails and passes it, a mended key regrades it, and a question has an image."""

from __future__ import annotations

from app.web.collections.documented import ADMIN, Document
from app.web.collections.journeys import quiz_images
from app.web.collections.parts import Check, CollectionRequest, Folder

_ABOUT = """\
Write a quiz, publish its course, take the quiz as a student, and look at how it went. What is right never leaves the server
before the attempt is submitted."""

_INSTRUCTOR, _STUDENT = "{{instructor_token}}", "{{student_token}}"
_COURSE = {"course_id": "{{quiz_course_id}}"}
_QUIZ = {"lesson_id": "{{quiz_id}}"}
_ATTEMPT = {"attempt_id": "{{attempt_id}}"}


def journey(document: Document) -> Folder:
    items = (
        *_writing(document),
        *_failing(document),
        *_passing(document),
        *_looking(document),
        *quiz_images.showing(document),
    )
    return Folder("Quiz: written, taken, regraded", _ABOUT, items)


def _writing(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "create_course",
            "Write a course",
            token=_INSTRUCTOR,
            body={"title": "Fire safety {{run}}", "short_description": "What burns, and what to do."},
            before={"run": "Date.now().toString(36)"},
            saves={"quiz_course_id": "answer.data.id"},
        ),
        document.request(
            "create_course_lesson",
            "Add a lesson that is a quiz",
            token=_INSTRUCTOR,
            path=_COURSE,
            body={"title": "What to do in a fire", "type": "QUIZ"},
            saves={"quiz_id": "answer.data.id"},
        ),
        document.request(
            "create_question",
            "Add a question without a right answer",
            token=_INSTRUCTOR,
            path=_QUIZ,
            body={"type": "SINGLE", "text": "Where to?", "answers": [{"text": "Out"}, {"text": "Up"}]},
            status=422,
            code="invalid_request",
        ),
        document.request(
            "create_question",
            "Add a question",
            token=_INSTRUCTOR,
            path=_QUIZ,
            body={
                "type": "SINGLE",
                "text": "Which way do you leave a building that burns?",
                "answers": [
                    {"text": "By the lift", "feedback": "It may stop between two floors."},
                    {"text": "By the stairs", "is_correct": True},
                ],
                "explanation": "Lifts stop when the power fails.",
            },
            checks=[Check("It has two answers", "answer.data.answers.length", 2)],
            saves={"question_id": "answer.data.id"},
        ),
        document.request(
            "configure_quiz",
            "Allow three attempts of ten minutes",
            token=_INSTRUCTOR,
            path=_QUIZ,
            body={
                "max_attempts": 3,
                "time_limit_seconds": 600,
                "pass_percentage": 100,
                "shuffle_answers": False,
            },
            checks=[Check("There is one question", "answer.data.question_count", 1)],
        ),
        document.request(
            "publish_course",
            "As the admin: publish the course",
            token=ADMIN,
            path=_COURSE,
            body={"override_reason": "An example."},
            checks=[Check("It is open", "answer.data.status", "PUBLISHED")],
        ),
    )


def _failing(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request("enroll_in_course", "As a student: enroll", token=_STUDENT, path=_COURSE),
        document.request(
            "complete_lesson",
            "Mark the quiz as done",
            token=_STUDENT,
            path=_QUIZ,
            status=409,
            code="quiz_not_passed",
        ),
        document.request(
            "list_questions",
            "Ask for the questions with their key",
            token=_STUDENT,
            path=_QUIZ,
            status=403,
            code="forbidden",
        ),
        _start(document, "Start an attempt"),
        document.request(
            "save_responses",
            "Save a response",
            token=_STUDENT,
            path=_ATTEMPT,
            body=_choice(1),
            checks=[Check("It is chosen", "answer.data.questions[0].choices[0].is_chosen")],
        ),
        document.request(
            "submit_attempt",
            "Submit what was saved",
            token=_STUDENT,
            path=_ATTEMPT,
            body={},
            checks=[
                Check("It failed", "answer.data.is_passed", expected=False),
                Check(
                    "There is feedback on the choice",
                    "answer.data.questions[0].choices[0].feedback",
                    "It may stop between two floors.",
                ),
                Check("The answer is not shown yet", "answer.data.questions[0].explanation === null"),
            ],
        ),
        document.request(
            "submit_attempt",
            "Submit it again",
            token=_STUDENT,
            path=_ATTEMPT,
            body={},
            status=409,
            code="attempt_submitted",
        ),
    )


def _passing(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        _start(document, "Start another attempt"),
        document.request(
            "start_attempt",
            "Start one more beside it",
            token=_STUDENT,
            path=_QUIZ,
            status=409,
            code="attempt_open",
        ),
        document.request(
            "submit_attempt",
            "Submit the right answer",
            token=_STUDENT,
            path=_ATTEMPT,
            body=_choice(2),
            checks=[
                Check("It passed", "answer.data.is_passed"),
                Check(
                    "The explanation is shown",
                    "answer.data.questions[0].explanation",
                    "Lifts stop when the power fails.",
                ),
            ],
        ),
        document.request(
            "show_quiz",
            "Look at the quiz",
            token=_STUDENT,
            path=_QUIZ,
            checks=[
                Check("The best score counts", "answer.data.best_score", 100),
                Check("One attempt is left", "answer.data.attempts_left", 1),
            ],
        ),
        document.request(
            "list_own_progress",
            "See that the lesson is completed",
            token=_STUDENT,
            path=_COURSE,
            checks=[Check("It is", "answer.data[0].is_completed")],
        ),
    )


def _looking(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "list_attempts",
            "As the instructor: list the attempts",
            token=_INSTRUCTOR,
            path=_QUIZ,
            checks=[Check("There are two", "answer.count", 2)],
        ),
        document.request(
            "show_quiz_statistics",
            "Look at the statistics",
            token=_INSTRUCTOR,
            path=_QUIZ,
            checks=[Check("The first attempt failed", "answer.data.average_first_score", 0)],
        ),
        document.request(
            "regrade_quiz",
            "Preview a regrade: the key is as it was",
            token=_INSTRUCTOR,
            path=_QUIZ,
            body={"mode": "preview"},
            says="Preview finished: nothing was changed.",
            checks=[Check("No attempt would change", "answer.data.changed", 0)],
        ),
    )


def _start(document: Document, name: str) -> CollectionRequest:
    return document.request(
        "start_attempt",
        name,
        token=_STUDENT,
        path=_QUIZ,
        checks=[
            Check("It has the question", "answer.data.questions.length", 1),
            Check("Nothing says what is right", "answer.data.questions[0].choices[1].is_correct === null"),
        ],
        saves={"attempt_id": "answer.data.id", "attempt_question_id": "answer.data.questions[0].id"},
    )


def _choice(number: int) -> dict[str, object]:
    return {"responses": [{"question_id": "{{attempt_question_id}}", "choices": [number]}]}
