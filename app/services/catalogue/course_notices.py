"""Notices to the owner of a course about what another user did to it: by mail and in the app.

Edits come in series, a lesson after the other, so they cause one notice an hour; the course's history has each of them.
A decision, a new state and a new owner always cause a notice.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, literal, select, true
from sqlalchemy.orm import aliased

from app.db.session import db
from app.enums import CourseAction, NoticeKind
from app.models.course_change import CourseChange
from app.models.user import User
from app.services.messaging import outbox

ONE_NOTICE_OF_EDITS_PER = timedelta(hours=1)


def notify_owner(change: CourseChange, owner_id: UUID) -> None:
    """Notify the owner, unless the change is their own."""
    if owner_id == change.actor_id:
        return
    db.session.flush()
    is_decided = change.action in CourseChange.DECISIONS.values()
    made = outbox.write(
        NoticeKind.COURSE_DECIDED if is_decided else NoticeKind.COURSE_CHANGED,
        select().select_from(User).where(User.id == owner_id, _is_news(change, owner_id)),
        course_id=literal(change.course_id, Uuid()),
        cause_id=literal(change.id, Uuid()),
    )
    outbox.enqueue(made)


def _is_news(change: CourseChange, owner_id: UUID) -> ColumnElement[bool]:
    if change.action != CourseAction.EDITED or "instructor_id" in change.fields:
        return true()
    earlier = aliased(CourseChange)
    return ~(
        select(earlier.id)
        .where(
            earlier.course_id == change.course_id,
            earlier.created_at > func.now() - ONE_NOTICE_OF_EDITS_PER,
            earlier.action == CourseAction.EDITED,
            earlier.actor_id != owner_id,
            earlier.id != change.id,
        )
        .exists()
    )
