"""An attempt as one statement reads it: with its enrollment, the terms of its quiz, and the versions of its questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, and_, any_, cast, exists, false, func, select

from app.db.session import db
from app.enums import QuizAttemptState
from app.errors.base import Forbidden, NotFound
from app.errors.learning import NotEnrolled, PaymentRequired
from app.models import Course, Enrollment, Lesson, QuestionVersion, Quiz, QuizAttempt, QuizScore, User
from app.models.caller import Actor
from app.models.enrollment import SEAT_HOLDERS
from app.models.visibility import quiz_attempt_visible_to
from app.services.catalogue.course_rows import PersonBrief
from app.services.learning import completion
from app.services.quizzes.grading import GRADED_BY, Content
from app.services.quizzes.quizzes import QuizTerms


@dataclass(frozen=True, kw_only=True)
class AttemptRow:
    """An attempt, and what decides about it. `now` is the time at which its transaction began.

    `contents` are the questions as the attempt has them, and `keys`, by question, the versions by which they were graded.
    `has_open`: whether an attempt of the learner at this quiz, this one or another, is in progress.
    """

    id: UUID
    lesson_id: UUID
    enrollment_id: UUID
    course_id: UUID
    number: int
    version_ids: list[UUID]
    orders: Mapping[str, list[int]]
    responses: Mapping[str, Mapping[str, Any]]
    results: Mapping[str, Mapping[str, str]] | None
    started_at: datetime
    expires_at: datetime | None
    grace_seconds: int
    submitted_at: datetime | None
    is_timed_out: bool
    points: Decimal | None
    max_points: Decimal | None
    score: Decimal | None
    is_passed: bool | None
    superseded_at: datetime | None
    updated_at: datetime
    user: PersonBrief
    is_held: bool
    is_paid: bool
    is_managed: bool
    reader_id: UUID
    terms: QuizTerms
    contents: list[Content]
    keys: Mapping[str, Content]
    attempts_used: int
    has_open: bool
    has_passed: bool
    now: datetime

    @property
    def state(self) -> QuizAttemptState:
        return QuizAttemptState.IN_PROGRESS if self.submitted_at is None else QuizAttemptState.SUBMITTED

    @property
    def is_counted(self) -> bool:
        return self.superseded_at is None

    @property
    def is_over(self) -> bool:
        """Whether the time limit and its grace have passed."""
        if self.expires_at is None:
            return False
        return self.now > self.expires_at + timedelta(seconds=self.grace_seconds)


_OF_ATTEMPT = (
    "id",
    "lesson_id",
    "enrollment_id",
    "number",
    "version_ids",
    "orders",
    "responses",
    "results",
    "started_at",
    "expires_at",
    "grace_seconds",
    "submitted_at",
    "is_timed_out",
    "points",
    "max_points",
    "score",
    "is_passed",
    "superseded_at",
    "updated_at",
)


def get_visible(viewer: Actor, attempt_id: UUID) -> AttemptRow:
    """An attempt, for its learner while they are enrolled, and for those who manage the course."""
    row = _read(viewer, _statement(viewer, attempt_id))
    if not row.is_managed:
        _refuse_without_access(row)
    return row


def lock_own(learner: Actor, attempt_id: UUID) -> AttemptRow:
    """One's own attempt, locked with its enrollment until the transaction ends, as it is now.

    A request that waited for the locks sees what their holder has committed: PostgreSQL reads locked rows again.
    """
    locked = _statement(learner, attempt_id).with_for_update(key_share=True, of=[Enrollment, QuizAttempt])
    row = _read(learner, locked)
    if row.user.id != learner.id:
        raise Forbidden("Only the learner works on an attempt.")
    _refuse_without_access(row)
    return row


def _refuse_without_access(row: AttemptRow) -> None:
    if not row.is_held:
        raise NotEnrolled
    if not row.is_paid:
        raise PaymentRequired


def _read(viewer: Actor, statement: Select[*tuple[Any, ...]]) -> AttemptRow:
    found = db.session.execute(statement, execution_options={"populate_existing": True}).mappings()
    row = found.one_or_none()
    if row is None:
        raise NotFound
    versions = row["versions"] or {}
    contents = [versions[str(each)] for each in row["version_ids"]]
    return AttemptRow(
        **{name: row[name] for name in _OF_ATTEMPT},
        course_id=row["course_id"],
        user=PersonBrief(row["user_id"], row["username"], row["first_name"], row["last_name"]),
        is_held=row["status"] in SEAT_HOLDERS,
        is_paid=row["is_paid"],
        is_managed=viewer.is_admin or row["instructor_id"] == viewer.id,
        reader_id=viewer.id,
        terms=QuizTerms.of(row["Quiz"]),
        contents=contents,
        keys={
            each["question_id"]: versions.get(_graded_by(row["results"], each["question_id"]), each)
            for each in contents
        },
        attempts_used=row["attempts_used"],
        has_open=row["has_open"],
        has_passed=row["has_passed"],
        now=row["now"],
    )


def _graded_by(results: Mapping[str, Mapping[str, str]] | None, question_id: str) -> str:
    """The id of the version, if a regrade named one."""
    return (results or {}).get(question_id, {}).get(GRADED_BY, "")


def _statement(viewer: Actor, attempt_id: UUID) -> Select[*tuple[Any, ...]]:
    regraded = func.jsonb_path_query_array(QuizAttempt.results, f"$.*.{GRADED_BY}")
    named = func.jsonb_array_elements_text(regraded).table_valued("value")
    graded_by = select(cast(named.c.value, Uuid)).select_from(named).correlate(QuizAttempt).scalar_subquery()
    wanted = func.array_cat(QuizAttempt.version_ids, func.array(graded_by, type_=ARRAY(Uuid)))
    versions = (
        select(func.jsonb_object_agg(QuestionVersion.id, QuestionVersion.identified()))
        .where(QuestionVersion.id == any_(wanted))
        .correlate(QuizAttempt)
        .scalar_subquery()
    )
    others = QuizAttempt.__table__.alias("others")
    of_quiz = and_(
        others.c.enrollment_id == QuizAttempt.enrollment_id, others.c.lesson_id == QuizAttempt.lesson_id
    )
    counts = others.c.superseded_at.is_(None)
    used = (
        select(func.count())
        .select_from(others)
        .where(of_quiz, counts)
        .correlate(QuizAttempt)
        .scalar_subquery()
    )
    has_open = exists().where(of_quiz, others.c.submitted_at.is_(None)).correlate(QuizAttempt)
    has_passed = QuizScore.is_passed_by(QuizAttempt.enrollment_id, QuizAttempt.lesson_id)
    return (
        select(
            *(getattr(QuizAttempt, name) for name in _OF_ATTEMPT),
            Enrollment.course_id,
            Enrollment.user_id,
            Enrollment.status,
            User.username,
            User.first_name,
            User.last_name,
            Course.instructor_id,
            completion.is_paid().label("is_paid"),
            Quiz,
            versions.label("versions"),
            used.label("attempts_used"),
            has_open.label("has_open"),
            func.coalesce(has_passed, false()).label("has_passed"),
            func.now().label("now"),
        )
        .join(Enrollment, Enrollment.id == QuizAttempt.enrollment_id)
        .join(Course, Course.id == Enrollment.course_id)
        .join(User, User.id == Enrollment.user_id)
        .join(Lesson, Lesson.id == QuizAttempt.lesson_id)
        .outerjoin(Quiz, Quiz.lesson_id == QuizAttempt.lesson_id)
        .where(
            QuizAttempt.id == attempt_id,
            Course.deleted_at.is_(None),
            Lesson.deleted_at.is_(None),
            quiz_attempt_visible_to(viewer),
        )
    )
