"""Attempts: one in progress of the learner who is enrolled, in a course of each state."""

from app.db.session import db, transaction
from app.models import QuizAttempt
from tests.support.callers import STATES
from tests.support.declarations import Fault, request
from tests.support.rows import CommittedRows, add

AFTER = ("questions",)

POLICY = """
GET    /lessons/{lesson_id}/attempts             | U  | quiz | owner+admin+enrolled
POST   /lessons/{lesson_id}/attempts             | U  | quiz | enrolled
GET    /attempts/{attempt_id}                    | U  | attempt | seen
PUT    /attempts/{attempt_id}                    | U  | attempt | enrolled
POST   /attempts/{attempt_id}/submit             | U  | attempt | enrolled
"""

WRITABLE = """
PUT /attempts/{attempt_id}: responses
POST /attempts/{attempt_id}/submit: responses
"""


def _responses(world):
    return {"responses": []}


REQUESTS = {
    "GET /lessons/{lesson_id}/attempts": request(lesson_id="quiz"),
    "POST /lessons/{lesson_id}/attempts": request(lesson_id="quiz"),
    "GET /attempts/{attempt_id}": request(attempt_id="attempt"),
    "PUT /attempts/{attempt_id}": request(attempt_id="attempt", body=_responses),
    "POST /attempts/{attempt_id}/submit": request(attempt_id="attempt", body=_responses),
}


def _sees(variant, caller):
    return variant in STATES and caller in ("owner", "admin", "enrolled")


VISIBLE = {"attempt": _sees}


class Make(CommittedRows):
    def attempt(self, enrollment, lesson, *questions, **values):
        """An attempt in progress, with these questions and their answers in the order of the key."""
        with self.app.app_context(), transaction():
            attempt = _row(enrollment, lesson, questions, **values)
        return self._fresh(QuizAttempt, attempt.id)


def add_to_scene(scene):
    scene.attempt = _row(scene.quiz_seat, scene.taken_quiz, [scene.taken_question])


def add_to_stage(stage):
    for variant, seat in stage.quiz_seats.items():
        attempt = _row(seat, stage.taken_quizzes[variant], [stage.taken_questions[variant]])
        stage.register("attempt", variant, attempt.id)


def _row(enrollment, lesson, questions, **values):
    defaults = {
        "enrollment_id": enrollment.id,
        "lesson_id": lesson.id,
        "number": 1,
        "version_ids": [each.version_id for each in questions],
        "orders": {str(each.id): [answer["id"] for answer in each.answers] for each in questions},
    }
    attempt = add(QuizAttempt(**{**defaults, **values}))
    db.session.flush()
    return attempt


FAULTS = [
    Fault("every user sees every attempt", "models/visibility.py",
          "else and_(is_theirs, Enrollment.is_begun())", "else Enrollment.is_begun()", "attempt_id"),
    Fault("learners read the attempts of others", "services/quizzes/quiz_attempts_list.py",
          "if not is_managed(viewer, lesson.course_id):", "if False:", "attempts"),
    Fault("instructors answer for learners", "services/quizzes/attempt_rows.py",
          "if row.user.id != learner.id:", "if False:", "attempt_id"),
    Fault("a learner sees the key before submitting", "services/quizzes/attempt_views.py",
          "if row.submitted_at is None:\n        return Shown.QUESTION", "if False:\n        return Shown.QUESTION",
          "attempt_id"),
    Fault("learners who have left go on", "services/quizzes/attempt_rows.py",
          "if not row.is_held:\n        raise NotEnrolled\n", "", "attempt_id"),
]  # fmt: skip
