"""Homework: submissions of learners, and their grades.

Submitting and grading lock the enrollment's row first, as progress does. A submission replaces the one before it, unless
that is graded: the partial unique index allows one per learner and lesson that is not replaced. Of two graders the second
is refused by the condition of the UPDATE. The lock of the enrollment also decides which of two submissions gets a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Row, Uuid, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db, refusing
from app.enums import FileKind, LessonType, NoticeKind, SubmissionState
from app.errors.base import InvalidRequest
from app.errors.catalogue import NotCourseManager
from app.errors.learning import (
    AlreadyGraded,
    NotHomework,
    PaymentRequired,
    SubmissionReplaced,
)
from app.models import Course, Enrollment, Lesson, LessonProgress, Submission, User
from app.models.caller import Actor
from app.models.file import File
from app.services.learning import completion, homework, lesson_order, progress, submissions_read
from app.services.messaging import outbox


def submit(learner: Actor, lesson_id: UUID, *, text: str = "", file_ids: Sequence[UUID] = ()) -> Submission:
    """Hand in homework, or replace what was handed in and is not graded yet."""
    enrollment = _lock_own(learner, lesson_id)
    replacing = (
        update(Submission)
        .where(
            Submission.enrollment_id == enrollment.id,
            Submission.lesson_id == lesson_id,
            Submission.state == SubmissionState.SUBMITTED,
        )
        .values(state=SubmissionState.REPLACED)
        .returning(Submission.id)
        .execution_options(synchronize_session=False)
    )
    replaced_id = db.session.scalar(replacing)
    submission = Submission(
        enrollment_id=enrollment.id,
        lesson_id=lesson_id,
        course_id=enrollment.course_id,
        user_id=learner.id,
        text=text,
    )
    with refusing({Submission.ONE_CURRENT: AlreadyGraded()}):
        db.session.add(submission)
    if file_ids:
        _attach(submission, file_ids, replaced_id)
    progress.record(learner, lesson_id, completed=True if homework.completes_when_submitted() else None)
    return submissions_read.get_visible(learner, submission.id)


def lock_open(learner: Actor, lesson_id: UUID) -> None:
    """Lock the learner's enrollment, if they could submit homework for the lesson now."""
    enrollment = _lock_own(learner, lesson_id)
    if db.session.scalar(select(homework.current_state(enrollment.id, lesson_id))) == SubmissionState.GRADED:
        raise AlreadyGraded


def grade(
    grader: Actor,
    submission_id: UUID,
    *,
    points: Decimal,
    max_points: Decimal,
    feedback: str,
    regrade: bool,
) -> Submission:
    """Grade a submission, or with `regrade` correct its grade. The learner is notified.

    The lesson is completed, whatever HOMEWORK_COMPLETES says: what is graded is done.
    """
    submission = submissions_read.get_visible(grader, submission_id)
    _lock(submission.enrollment_id)
    course = db.session.get_one(Course, submission.course_id, populate_existing=True)
    if not course.managed_by(grader):
        raise NotCourseManager
    gradable = (
        (SubmissionState.SUBMITTED, SubmissionState.GRADED) if regrade else (SubmissionState.SUBMITTED,)
    )
    graded = db.session.scalar(
        update(Submission)
        .where(Submission.id == submission_id, Submission.state.in_(gradable))
        .values(
            state=SubmissionState.GRADED,
            points=points,
            max_points=max_points,
            feedback=feedback,
            graded_by_id=grader.id,
            graded_at=func.now(),
            grading_id=func.uuid7(type_=Uuid()),
        )
        .returning(Submission.grading_id)
        .execution_options(synchronize_session=False)
    )
    if graded is None:
        _refuse_grading(submission_id)
    _complete(submission)
    _notify(graded)
    return submissions_read.get_visible(grader, submission_id)


def _lock_own(learner: Actor, lesson_id: UUID) -> Row[UUID, UUID, LessonType, bool, bool]:
    """The learner's enrollment, locked, if the lesson is homework that may be handed in now."""
    found = db.session.execute(
        select(
            Enrollment.id,
            Enrollment.course_id,
            Lesson.type,
            Course.enforce_order,
            completion.is_paid().label("is_paid"),
        )
        .join(Lesson, Lesson.course_id == Enrollment.course_id)
        .join(Course, Course.id == Enrollment.course_id)
        .where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None), Course.deleted_at.is_(None))
        .where(Enrollment.user_id == learner.id, Enrollment.holds_seat())
        .with_for_update(key_share=True, of=Enrollment)
    ).one_or_none()
    if found is None:
        progress.refuse_outsider(learner, lesson_id)
    if not found.is_paid:
        raise PaymentRequired
    if found.type != LessonType.ASSIGNMENT:
        raise NotHomework
    if found.enforce_order:
        lesson_order.refuse_skipping(found.course_id, found.id, lesson_id)
    return found


def _attach(submission: Submission, file_ids: Sequence[UUID], replaced_id: UUID | None) -> None:
    """Attach the learner's files for this lesson that were not handed in, or were with the submission that is replaced."""
    is_free = or_(File.submission_id.is_(None), File.submission_id == replaced_id)
    attached = db.session.scalars(
        update(File)
        .where(File.id.in_(file_ids), File.kind == FileKind.SUBMISSION_FILE, is_free)
        .where(File.uploaded_by_id == submission.user_id, File.lesson_id == submission.lesson_id)
        .values(submission_id=submission.id)
        .returning(File.id)
        .execution_options(synchronize_session=False)
    ).all()
    missing = [str(file_id) for file_id in file_ids if file_id not in set(attached)]
    if missing:
        wrong = f"No files of yours that can be handed in for this lesson: {', '.join(missing)}."
        raise InvalidRequest(details={"file_ids": [wrong]})


def _lock(enrollment_id: UUID) -> None:
    db.session.execute(
        select(Enrollment.id).where(Enrollment.id == enrollment_id).with_for_update(key_share=True)
    )


def _refuse_grading(submission_id: UUID) -> None:
    state = db.session.scalar(select(Submission.state).where(Submission.id == submission_id))
    raise AlreadyGraded if state == SubmissionState.GRADED else SubmissionReplaced


def _complete(submission: Submission) -> None:
    """Complete the lesson for its learner, also where it is locked by now, and the course if this was the last."""
    row = {
        "enrollment_id": submission.enrollment_id,
        "lesson_id": submission.lesson_id,
        "completed_at": func.now(),
    }
    completed_at = func.coalesce(LessonProgress.completed_at, func.now())
    db.session.execute(
        insert(LessonProgress)
        .values(row)
        .on_conflict_do_update(
            index_elements=[LessonProgress.enrollment_id, LessonProgress.lesson_id],
            set_={"completed_at": completed_at, "updated_at": func.now()},
        )
    )
    completion.settle_held(submission.course_id, enrollment_ids=[submission.enrollment_id])


def _notify(grading_id: UUID | None) -> None:
    recipients = (
        select()
        .select_from(Submission)
        .join(User, User.id == Submission.user_id)
        .where(Submission.grading_id == grading_id)
    )
    made = outbox.write(
        NoticeKind.SUBMISSION_GRADED,
        recipients,
        course_id=Submission.course_id,
        cause_id=Submission.grading_id,
    )
    outbox.enqueue(made)
