"""Notices about enrollments that were completed, assigned or reactivated, and about assignments that were undone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, func, literal, or_, select, true

from app.db.session import among
from app.enums import NoticeKind, NoticeState, Outcome
from app.models.assignment_item import AssignmentItem
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.notice import Notice
from app.models.user import User
from app.services.messaging import outbox
from app.settings import settings


def notify_completed(enrollment_ids: Sequence[UUID], *, suppressed: str | None = None) -> None:
    """Notify the learners, and by setting the instructors, that these enrollments are completed.

    `suppressed` is the reason to record the notices and send none.
    """
    if not enrollment_ids:
        return
    recipient = Enrollment.user_id == User.id
    source = select().select_from(Enrollment)
    if settings().notify_instructor_of_completion:
        source = source.join(Course, Course.id == Enrollment.course_id)
        recipient = or_(recipient, Course.instructor_id == User.id)
    made = outbox.write(
        NoticeKind.COMPLETION,
        source.join(User, recipient).where(among(Enrollment.id, enrollment_ids)),
        enrollment_id=Enrollment.id,
        course_id=Enrollment.course_id,
        completion_number=Enrollment.completion_number,
        order_by=Enrollment.id,
        suppressed=suppressed,
    )
    outbox.enqueue(made)


def notify_renewal(enrollment_ids: Sequence[UUID]) -> None:
    """Notify the learners, unless they have left, that their completions have to be renewed."""
    made = outbox.write(
        NoticeKind.RENEWAL_REQUIRED,
        select()
        .select_from(Enrollment)
        .join(User, User.id == Enrollment.user_id)
        .where(among(Enrollment.id, enrollment_ids), Enrollment.holds_seat()),
        enrollment_id=Enrollment.id,
        course_id=Enrollment.course_id,
        completion_number=Enrollment.completion_number,
        order_by=Enrollment.id,
    )
    outbox.enqueue(made)


def notify_assigned(
    assignment_id: UUID, *, rows: Sequence[int] | None = None, suppressed: str | None = None
) -> None:
    """Notify the users whom this run assigned or reactivated, as its ledger has them.

    :param rows: the lines of one chunk of the run; None means all of it
    """
    made = outbox.write(
        NoticeKind.ASSIGNMENT,
        select()
        .select_from(AssignmentItem)
        .join(User, User.id == AssignmentItem.user_id)
        .where(
            AssignmentItem.assignment_id == assignment_id,
            AssignmentItem.outcome.in_((Outcome.ASSIGNED, Outcome.REACTIVATED)),
            AssignmentItem.is_among(rows),
        ),
        enrollment_id=AssignmentItem.enrollment_id,
        course_id=AssignmentItem.course_id,
        assignment_id=AssignmentItem.assignment_id,
        order_by=AssignmentItem.enrollment_id,
        suppressed=suppressed,
    )
    outbox.enqueue(made)


def notify_undone(undo_id: UUID, *, undo_of: UUID, enrollment_ids: Sequence[UUID]) -> None:
    """Notify the users whom the run `undo_of` assigned that this was undone, on each channel where they were notified.

    A mail that is still queued is just being sent: the others were suppressed before.
    """
    ended = select(func.unnest(literal(list(enrollment_ids), ARRAY(Uuid))))
    made = outbox.write(
        NoticeKind.ASSIGNMENT_UNDONE,
        select()
        .select_from(Notice)
        .join(User, User.id == Notice.user_id)
        .where(
            # Looked up by enrollment: not by reading all notices (ARRAY, whose length the planner does not know), nor by a
            # kind or a state that most of them have (IS TRUE).
            Notice.enrollment_id == any_(func.array(ended.scalar_subquery(), type_=ARRAY(Uuid))),
            (Notice.kind == NoticeKind.ASSIGNMENT).is_(true()),
            Notice.assignment_id == undo_of,
            Notice.attempt_number == 1,
            Notice.state.in_((NoticeState.SENT, NoticeState.QUEUED)).is_(true()),
        ),
        enrollment_id=Notice.enrollment_id,
        course_id=Notice.course_id,
        assignment_id=literal(undo_id),
        order_by=Notice.enrollment_id,
        on_channel=Notice.channel,
    )
    outbox.enqueue(made)
