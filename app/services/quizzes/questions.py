"""Writing questions: creating, changing, reordering and soft-deleting them, for those who manage the course.

Every write locks the course first, like other edits of its content, and each change of a question makes a version of it:
attempts go on with the version that they began with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, insert, select, true

from app.db.keyset import SortKey
from app.db.listings import Listing
from app.db.session import db, refusing
from app.enums import LessonType
from app.errors.base import InvalidRequest, NotFound
from app.errors.catalogue import PositionTaken
from app.errors.learning import NotAQuiz, QuizTooLarge
from app.models import Course, Lesson, Question, QuestionVersion
from app.models.caller import Actor
from app.services.catalogue import courses
from app.services.content import lessons, positions
from app.services.quizzes import question_rules
from app.services.quizzes.question_views import ManagedQuestion

MOST_QUESTIONS = 200
"""The limit per quiz. An attempt shows all of them."""

CONTENT = ("type", "text", "points", "answers", "explanation", "partial_credit", "case_sensitive")
"""What a version keeps of a question, beside its image."""

IMAGE = ("image_id", "image_alt", "image_width", "image_height")

FIELDS = (*CONTENT, "name")


def create(actor: Actor, lesson_id: UUID, *, position: int | None = None, **fields: Any) -> ManagedQuestion:
    """Add a question to the quiz of a lesson, at the end or at a position that is free."""
    lesson = lock_quiz(actor, lesson_id)
    (question,) = add_many(lesson, [{**fields, "position": position}])
    return ManagedQuestion(question, actor)


def refuse_too_many(lesson: Lesson, added: int) -> None:
    """Refuse what a quiz has no room for, in a preview as well."""
    present = db.session.scalar(select(func.count()).where(*_in_quiz(lesson.id))) or 0
    if present + added > MOST_QUESTIONS:
        raise QuizTooLarge


def add_many(lesson: Lesson, many: Sequence[Mapping[str, Any]]) -> list[Question]:
    """Add questions to the quiz of a locked lesson, in a constant number of statements."""
    refuse_too_many(lesson, len(many))
    last = db.session.scalar(select(func.max(Question.position)).where(*_in_quiz(lesson.id)))
    rows = [
        {
            **{name: each[name] for name in (*FIELDS, *IMAGE) if name in each},
            "answers": question_rules.stored_answers(each["type"], each["answers"]),
            "lesson_id": lesson.id,
            "position": each.get("position") or (last or 0) + place,
        }
        for place, each in enumerate(many, start=1)
    ]
    with refusing({Question.ONE_PER_POSITION: _taken([row["position"] for row in rows])}):
        made = db.session.scalars(
            insert(Question).returning(Question, sort_by_parameter_order=True), rows
        ).all()
        _make_versions(made)
    return list(made)


def list_of_lesson(actor: Actor, lesson_id: UUID) -> Listing:
    """The questions of a quiz with their key, in order."""
    lesson = get_managed_lesson(actor, lesson_id)
    return Listing(
        select(Question).where(*_in_quiz(lesson.id)),
        [SortKey(Question.position), SortKey(Question.id)],
        shown=lambda question: ManagedQuestion(question, actor),
    )


def get_managed(actor: Actor, question_id: UUID) -> ManagedQuestion:
    """A question with its key, for those who manage its course."""
    question = db.session.scalar(_present(question_id), execution_options={"populate_existing": True})
    if question is None:
        raise NotFound
    get_managed_lesson(actor, question.lesson_id)
    return ManagedQuestion(question, actor)


def update(actor: Actor, question_id: UUID, **changes: Any) -> ManagedQuestion:
    """Change some fields; unchanged values are ignored. The type stays: another one makes another question."""
    course, question = lock_question(actor, question_id)
    if changes.get("type", question.type) != question.type:
        raise InvalidRequest(details={"type": ["The type of a question stays: create another question."]})
    if "answers" in changes:
        known = _known_answers(question)
        changes["answers"] = question_rules.stored_answers(question.type, changes["answers"], known=known)
    change(actor, course, question, changes)
    return ManagedQuestion(question, actor)


def change(actor: Actor, course: Course, question: Question, changes: Mapping[str, Any]) -> None:
    """Change fields of a locked question, and make a version of it if attempts would see the difference."""
    changed = {name: value for name, value in changes.items() if getattr(question, name) != value}
    if not changed:
        return
    courses.record_edit(actor, course, ["lessons"])
    with refusing({Question.ONE_PER_POSITION: _taken([changed.get("position")])}):
        for name, value in changed.items():
            setattr(question, name, value)
    if changed.keys() & {*CONTENT, *IMAGE}:
        _make_versions([question])


def delete(actor: Actor, question_id: UUID) -> None:
    """Take a question out of the quiz; attempts that have it keep it, and its results."""
    course, question = lock_question(actor, question_id)
    courses.record_edit(actor, course, ["lessons"])
    question.deleted_at = func.now()
    question.position = None


def reorder(actor: Actor, lesson_id: UUID, order: Sequence[UUID]) -> list[ManagedQuestion]:
    """Put the questions in this order; an unchanged order is not recorded."""
    course, lesson = lessons.lock_for_edit(actor, lesson_id)
    if positions.renumber(Question, Question.lesson_id == lesson.id, order):
        courses.record_edit(actor, course, ["lessons"])
    present = select(Question).where(*_in_quiz(lesson.id)).order_by(Question.position)
    found = db.session.scalars(present, execution_options={"populate_existing": True})
    return [ManagedQuestion(question, actor) for question in found]


def get_managed_lesson(actor: Actor, lesson_id: UUID) -> Lesson:
    """The lesson, for those who manage its course."""
    lesson = db.session.scalar(select(Lesson).where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None)))
    if lesson is None:
        raise NotFound
    courses.get_managed(actor, lesson.course_id)
    return lesson


def get_managed_quiz(actor: Actor, lesson_id: UUID) -> Lesson:
    """The same, of type QUIZ."""
    lesson = get_managed_lesson(actor, lesson_id)
    if lesson.type != LessonType.QUIZ:
        raise NotAQuiz
    return lesson


def is_managed(viewer: Actor, course_id: UUID) -> bool:
    """Whether the viewer may see the attempts of all learners of this course."""
    owner = select(Course.instructor_id).where(Course.id == course_id)
    return viewer.is_admin or db.session.scalar(owner) == viewer.id


def lock_quiz(actor: Actor, lesson_id: UUID) -> Lesson:
    """A quiz lesson whose course is locked for an edit, which is recorded."""
    course, lesson = lessons.lock_for_edit(actor, lesson_id)
    if lesson.type != LessonType.QUIZ:
        raise NotAQuiz
    courses.record_edit(actor, course, ["lessons"])
    return lesson


def lock_question(actor: Actor, question_id: UUID) -> tuple[Course, Question]:
    """A question whose course is locked for an edit."""
    lesson_id = db.session.scalar(_present(question_id).with_only_columns(Question.lesson_id))
    if lesson_id is None:
        raise NotFound
    course, _ = lessons.lock_for_edit(actor, lesson_id)
    # Read after the lock: it may have been deleted while this transaction waited.
    question = db.session.scalar(_present(question_id), execution_options={"populate_existing": True})
    if question is None:
        raise NotFound
    return course, question


def _known_answers(question: Question) -> set[int]:
    """The ids of the answers in every version of a question: attempts refer to them."""
    answers = func.jsonb_array_elements(QuestionVersion.content["answers"]).table_valued("value").lateral()
    found = select(cast(answers.c.value.op("->>")("id"), BigInteger)).select_from(QuestionVersion)
    of_question = QuestionVersion.question_id == question.id
    return set(db.session.scalars(found.join(answers, true()).where(of_question).distinct()))


def _make_versions(questions: Sequence[Question]) -> None:
    rows = [{"question_id": each.id, "content": _content_of(each)} for each in questions]
    statement = insert(QuestionVersion).returning(QuestionVersion.id, sort_by_parameter_order=True)
    for question, version_id in zip(questions, db.session.scalars(statement, rows), strict=True):
        question.version_id = version_id
    db.session.flush()


def _content_of(question: Question) -> dict[str, Any]:
    content = {name: getattr(question, name) for name in CONTENT}
    return {**content, "points": str(question.points), "image": question.image}


def _present(question_id: UUID) -> Any:
    return (
        select(Question)
        .join(Lesson, Lesson.id == Question.lesson_id)
        .where(Question.id == question_id, Question.deleted_at.is_(None), Lesson.deleted_at.is_(None))
    )


def _in_quiz(lesson_id: UUID) -> tuple[Any, ...]:
    return Question.lesson_id == lesson_id, Question.deleted_at.is_(None)


def _taken(places: Sequence[int | None]) -> PositionTaken:
    named = ", ".join(str(place) for place in places if place)
    return PositionTaken(details={"position": [f"Another question is already at position {named}."]})
