"""The outbox itself: notices are written with their cause and told to RQ once it is committed.

One row per channel and recipient, unique per cause, whoever asks and how often. The in-app notice is delivered by being
written; the mail waits for a worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    func,
    literal,
    null,
    select,
    values,
)
from sqlalchemy.dialects.postgresql import insert

from app import queue
from app.db import after_commit, db
from app.enums import Channel, NoticeKind, NoticeState
from app.models.notice import Notice
from app.models.user import User

USER_INACTIVE = "user_inactive"


def put(
    kind: NoticeKind,
    recipients: Select[tuple[()]],
    *,
    suppressed: str | None = None,
    channels: Iterable[Channel] = Channel,
    order_by: SQLColumnExpression[Any] = User.id,
    **cause: SQLColumnExpression[Any],
) -> Sequence[str]:
    """One statement, whatever the number of people: a row per recipient and channel. The ids of those to be sent.

    `suppressed` is the reason to record the notices and send none.
    """
    chosen: FromClause = values(column("channel", String), name="channels").data(
        [(channel.value,) for channel in channels]
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
        **cause,
    }
    rows = recipients.add_columns(*row.values()).join(chosen, literal(value=True))
    made = (
        insert(Notice)
        .from_select(list(row), rows.order_by(order_by))
        .on_conflict_do_nothing()
        .returning(Notice.id, Notice.state)
        .cte("made")
    )
    to_send = select(cast(made.c.id, Text)).where(made.c.state == NoticeState.QUEUED)
    return db.session.scalars(to_send).all()


def ring(notice_ids: Sequence[UUID | str]) -> None:
    """Let workers know, once all of this is true."""
    if notice_ids:
        after_commit(partial(queue.deliver_notices, notice_ids))
