"""The outbox itself: notices are written with their cause and told to RQ once it is committed.

One row per channel and recipient, unique per cause, whoever asks and how often. The in-app notice is delivered by being
written; the mail waits for a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    FromClause,
    Select,
    SQLColumnExpression,
    String,
    Text,
    case,
    cast,
    column,
    false,
    func,
    literal,
    null,
    select,
    values,
)
from sqlalchemy.dialects.postgresql import insert

from app.adapters import queue
from app.db.session import after_commit, db
from app.enums import Channel, Lane, NoticeKind, NoticeState
from app.models.notice import Notice
from app.models.user import User
from app.services.messaging.kinds import KINDS

USER_INACTIVE = "user_inactive"

URGENT_AT_ONCE = 1
"""More than these of a kind, written at once, are bulk mail whatever they say: an invitation of one person is urgent, and
the invitations of an import are not."""


@dataclass(frozen=True)
class Owed:
    """Mails to be sent, and the queue that they wait in."""

    notice_ids: Sequence[UUID | str]
    lane: Lane


def put(
    kind: NoticeKind,
    recipients: Select[tuple[()]],
    *,
    suppressed: str | None = None,
    order_by: SQLColumnExpression[Any] = User.id,
    **cause: SQLColumnExpression[Any],
) -> Owed:
    """One statement, whatever the number of people: a row per recipient and channel.

    `suppressed` is the reason to record the notices and send none.
    """
    chosen: FromClause = values(column("channel", String), name="channels").data(
        [(channel.value,) for channel in KINDS[kind].channels]
    )
    reason = literal(suppressed) if suppressed else case((User.is_active, null()), else_=USER_INACTIVE)
    state = case(
        (reason.is_not(None), NoticeState.SUPPRESSED.value),
        (chosen.c.channel == Channel.EMAIL.value, NoticeState.QUEUED.value),
        else_=NoticeState.SENT.value,
    )
    row = {
        "kind": literal(kind.value),
        "channel": chosen.c.channel,
        "state": state,
        "reason": cast(reason, Text),
        "user_id": User.id,
        "sent_at": case((state == NoticeState.SENT.value, func.now())),
        "is_urgent": func.count().over() <= URGENT_AT_ONCE if KINDS[kind].is_urgent else false(),
        **cause,
    }
    rows = recipients.add_columns(*row.values()).join(chosen, literal(value=True))
    made = (
        insert(Notice)
        .from_select(list(row), rows.order_by(order_by))
        .on_conflict_do_nothing()
        .returning(Notice.id, Notice.state, Notice.is_urgent)
        .cte("made")
    )
    to_send = select(cast(made.c.id, Text), made.c.is_urgent).where(made.c.state == NoticeState.QUEUED)
    written = db.session.execute(to_send).all()
    is_urgent = written[0].is_urgent if written else KINDS[kind].is_urgent
    return Owed([notice_id for notice_id, _ in written], Lane.URGENT if is_urgent else Lane.BULK)


def ring(owed: Owed) -> None:
    """Let workers know, once all of this is true."""
    if owed.notice_ids:
        after_commit(partial(queue.deliver_notices, owed.notice_ids, owed.lane))
