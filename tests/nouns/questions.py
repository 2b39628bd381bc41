"""Questions: one of each quiz on the stage, with a key that learners must not read, and a deleted one."""

from sqlalchemy import func, select

from app.db.session import db, transaction
from app.enums import QuestionType
from app.models import Question, QuestionVersion
from tests.support.callers import STATES, sees_course
from tests.support.declarations import PIXEL, Fault, request
from tests.support.rows import THEN, CommittedRows, add

AFTER = ("quizzes",)

POLICY = """
GET    /lessons/{lesson_id}/questions            | IA | quiz | owner+admin
POST   /lessons/{lesson_id}/questions            | IA | quiz | owner+admin | FROZEN
PUT    /lessons/{lesson_id}/questions/order      | IA | quiz | owner+admin | FROZEN
POST   /lessons/{lesson_id}/questions/import     | IA | quiz | owner+admin | FROZEN
GET    /lessons/{lesson_id}/questions/export     | IA | quiz | owner+admin
GET    /questions/{question_id}                  | IA | question | owner+admin
PUT    /questions/{question_id}                  | IA | question | owner+admin | FROZEN
PATCH  /questions/{question_id}                  | IA | question | owner+admin | FROZEN
DELETE /questions/{question_id}                  | IA | question | owner+admin | FROZEN
PUT    /questions/{question_id}/image            | IA | question | owner+admin | FROZEN
DELETE /questions/{question_id}/image            | IA | question | owner+admin | FROZEN
"""

WRITABLE = """
POST /lessons/{lesson_id}/questions: answers case_sensitive explanation name partial_credit points position
    text type
PUT /lessons/{lesson_id}/questions/order: order
POST /lessons/{lesson_id}/questions/import: file mode
PUT /questions/{question_id}: answers case_sensitive explanation name partial_credit points position text
    type
PATCH /questions/{question_id}: answers case_sensitive explanation name partial_credit points position text
    type
PUT /questions/{question_id}/image: alt file
"""

REQUESTS = {
    "GET /lessons/{lesson_id}/questions": request(lesson_id="quiz"),
    "POST /lessons/{lesson_id}/questions": request(lesson_id="quiz"),
    "PUT /lessons/{lesson_id}/questions/order": request(lesson_id="quiz", order="question"),
    "POST /lessons/{lesson_id}/questions/import": request(lesson_id="quiz", file=b"Water is wet.{T}"),
    "GET /lessons/{lesson_id}/questions/export": request(lesson_id="quiz"),
    "GET /questions/{question_id}": request(question_id="question"),
    "PUT /questions/{question_id}": request(question_id="question"),
    "PATCH /questions/{question_id}": request(question_id="question"),
    "DELETE /questions/{question_id}": request(question_id="question"),
    "PUT /questions/{question_id}/image": request(
        question_id="question", file=PIXEL, form={"alt": "A ledger with two sides"}
    ),
    "DELETE /questions/{question_id}/image": request(question_id="question"),
}

VISIBLE = {"question": sees_course}

_RIGHT_FIRST = [
    {"id": 1, "text": "Right", "credit": "100", "feedback": "", "tolerance": None},
    {"id": 2, "text": "Wrong", "credit": "0", "feedback": "", "tolerance": None},
]


class Make(CommittedRows):
    def question(self, lesson, *, answers=_RIGHT_FIRST, **values):
        """The last question of the quiz, with its first version; SINGLE, and its first answer is right."""
        last = select(func.max(Question.position)).where(Question.lesson_id == lesson.id)
        with self.app.app_context(), transaction():
            values.setdefault("position", (db.session.scalar(last) or 0) + 1)
            question = _row(lesson, answers=answers, **values)
        return self._fresh(Question, question.id)


def add_to_scene(scene):
    scene.question = _row(scene.quiz)
    scene.taken_question = _row(scene.taken_quiz)


def add_to_stage(stage):
    """`taken_questions` by the state of the course."""
    stage.taken_questions = {}
    for variant, quiz in stage.quizzes.items():
        secret = f"key-of-{variant.lower()}-quiz"
        hidden = {
            "explanation": secret,
            "answers": [{**each, "feedback": secret} for each in _RIGHT_FIRST],
        }
        stage.register("question", variant, _row(quiz, **hidden).id)
        stage.taken_questions[variant] = _row(stage.taken_quizzes[variant], **hidden)
    gone = _row(stage.quizzes["PUBLISHED"], position=None, deleted_at=THEN)
    stage.register("question", "GONE", gone.id)
    for state in STATES:
        stage.secrets[f"key-of-{state.lower()}-quiz"] = {"owner", "admin"}


def _row(lesson, **values):
    defaults = {
        "type": QuestionType.SINGLE,
        "text": "Which one?",
        "points": 1,
        "answers": _RIGHT_FIRST,
        "position": 1,
    }
    question = add(Question(lesson_id=lesson.id, **{**defaults, **values}))
    columns = ("type", "text", "answers", "explanation", "partial_credit", "case_sensitive")
    content = {name: getattr(question, name) for name in columns}
    version = QuestionVersion(
        question_id=question.id,
        content={**content, "points": str(question.points)},
    )
    question.version_id = add(version).id
    db.session.flush()
    db.session.refresh(question)
    return question


FAULTS = [
    Fault("learners read the key", "blueprints/questions.py",
          '@blp.get("/lessons/<uuid:lesson_id>/questions")\n@requires(Role.INSTRUCTOR, Role.ADMIN)',
          '@blp.get("/lessons/<uuid:lesson_id>/questions")\n@requires()', "questions"),
    Fault("every instructor edits every question", "services/quizzes/questions.py",
          "course, _ = lessons.lock_for_edit(actor, lesson_id)",
          "course = courses.lock(db.session.get_one(Lesson, lesson_id).course_id)", "question_id"),
]  # fmt: skip
