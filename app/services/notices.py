"""What we owe people: notices are written with their cause and told to RQ once it is committed.

One row per channel and recipient, unique per cause, whoever asks and how often. The in-app notice is delivered by being
written; the mail waits for a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    FromClause,
    Select,
    SQLColumnExpression,
    String,
    Text,
    Uuid,
    any_,
    case,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    values,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app import queue
from app.db import after_commit, db
from app.enums import Channel, NoticeKind, NoticeState, Outcome
from app.models.assignment import AssignmentItem
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.notice import Notice
from app.models.user import User
from app.settings import settings

USER_INACTIVE = "user_inactive"


def owe_completions(enrollment_ids: Sequence[UUID], *, suppressed: str | None = None) -> None:
    """Tell the learners (and by setting the instructors) that these enrollments are completed.

    `suppressed` is the reason to record the notices and send none.
    """
    if not enrollment_ids:
        return
    recipient = Enrollment.user_id == User.id
    source = select().select_from(Enrollment)
    if settings().notify_instructor_of_completion:
        source = source.join(Course, Course.id == Enrollment.course_id)
        recipient = or_(recipient, Course.instructor_id == User.id)
    _owe(
        NoticeKind.COMPLETION,
        source.join(User, recipient).where(
            Enrollment.id == any_(literal(list(enrollment_ids), ARRAY(Uuid())))
        ),
        enrollment_id=Enrollment.id,
        course_id=Enrollment.course_id,
        completion_number=Enrollment.completion_number,
        suppressed=suppressed,
    )


def owe_assignments(assignment_id: UUID, *, suppressed: str | None = None) -> None:
    """Tell the people whom this run assigned or brought back, as its ledger has them."""
    _owe(
        NoticeKind.ASSIGNMENT,
        select()
        .select_from(AssignmentItem)
        .join(User, User.id == AssignmentItem.user_id)
        .where(
            AssignmentItem.assignment_id == assignment_id,
            AssignmentItem.outcome.in_((Outcome.ASSIGNED, Outcome.REACTIVATED)),
        ),
        enrollment_id=AssignmentItem.enrollment_id,
        course_id=AssignmentItem.course_id,
        assignment_id=AssignmentItem.assignment_id,
        suppressed=suppressed,
    )


def _owe(
    kind: NoticeKind,
    recipients: Select[tuple[()]],
    *,
    suppressed: str | None,
    **cause: SQLColumnExpression[Any],
) -> None:
    """One statement, whatever the number of people: a row per recipient and channel."""
    channels: FromClause = values(column("channel", String), name="channels").data(
        [(channel.value,) for channel in Channel]
    )
    reason = literal(suppressed) if suppressed else case((User.is_active, null()), else_=USER_INACTIVE)
    state = case(
        (reason.is_not(None), NoticeState.SUPPRESSED.value),
        (channels.c.channel == Channel.EMAIL.value, NoticeState.QUEUED.value),
        else_=NoticeState.SENT.value,
    )
    row = {
        "kind": literal(kind.value),
        "channel": channels.c.channel,
        "state": state,
        "reason": cast(reason, Text),
        "user_id": User.id,
        "sent_at": case((state == NoticeState.SENT.value, func.now())),
        **cause,
    }
    rows = recipients.add_columns(*row.values()).join(channels, literal(value=True))
    made = (
        insert(Notice)
        .from_select(list(row), rows.order_by(cause["enrollment_id"]))
        .on_conflict_do_nothing()
        .returning(Notice.id, Notice.state)
        .cte("made")
    )
    to_send = select(cast(made.c.id, Text)).where(made.c.state == NoticeState.QUEUED)
    if ids := db.session.scalars(to_send).all():
        after_commit(partial(queue.deliver_notices, ids))
