"""The transactional outbox: notices are written in the transaction that causes them, and enqueued after its commit.

Deduplicated: one row per cause, channel and recipient, however often it is written. A notice in the app is delivered by
being written; a mail waits for a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
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
)
from sqlalchemy.dialects.postgresql import insert

from app.adapters import queue
from app.db.session import after_commit, db
from app.enums import Channel, Lane, NoticeKind, NoticeState
from app.models.notice import Notice
from app.models.user import User
from app.observability import traces
from app.services.messaging.kinds import KINDS

USER_INACTIVE = "user_inactive"

URGENT_AT_ONCE = 1
"""More than these of an urgent kind, written at once, are bulk mail: the invitation of one user is urgent, and the
invitations of an import are not."""

MOST_ENQUEUED = 10_000
"""Mails that are enqueued at once. A million ids would take the memory of the process and of Redis, and a worker needs
minutes for the first thousands."""


@dataclass(frozen=True)
class MailBatch:
    """Mails that were written and are still to be sent, and the queue for them."""

    notice_ids: Sequence[UUID | str]
    lane: Lane


def write(
    kind: NoticeKind,
    recipients: Select[tuple[()]],
    *,
    suppressed: str | None = None,
    order_by: SQLColumnExpression[Any] = User.id,
    on_channel: SQLColumnExpression[Any] | None = None,
    **cause: SQLColumnExpression[Any],
) -> MailBatch:
    """Write a row per recipient and channel of the kind, in one statement whatever the number of recipients.

    `suppressed` is the reason to record the notices and send none. `on_channel` is a column of `recipients` with the one
    channel that each is notified on. Of very many mails the sweep enqueues those that are not in the returned batch.
    """
    context = traces.carried()
    made = writing(
        kind,
        recipients,
        suppressed=suppressed,
        order_by=order_by,
        on_channel=on_channel,
        traceparent=literal(context, Text()) if context else None,
        **cause,
    )
    to_send = select(cast(made.c.id, Text), made.c.is_urgent).where(made.c.state == NoticeState.QUEUED)
    to_send = to_send.limit(MOST_ENQUEUED)
    written = db.session.execute(to_send).all()
    is_urgent = written[0].is_urgent if written else KINDS[kind].is_urgent
    return MailBatch([notice_id for notice_id, _ in written], Lane.URGENT if is_urgent else Lane.BULK)


def writing(
    kind: NoticeKind,
    recipients: Select[tuple[()]],
    *,
    suppressed: str | None = None,
    order_by: SQLColumnExpression[Any] = User.id,
    on_channel: SQLColumnExpression[Any] | None = None,
    traceparent: SQLColumnExpression[Any] | None = None,
    **cause: SQLColumnExpression[Any],
) -> CTE:
    """The rows that `write` writes, as part of another statement: `id`, `state`, `is_urgent`."""
    # VALUES would keep SQLAlchemy from caching the statement, and compiling it takes longer than anything around it.
    channels = literal([channel.value for channel in KINDS[kind].channels], ARRAY(String))
    chosen = func.unnest(channels).table_valued(column("channel", String)).render_derived(name="channels")
    reason = literal(suppressed) if suppressed else case((User.is_active, null()), else_=USER_INACTIVE)
    state = case(
        (reason.is_not(None), NoticeState.SUPPRESSED.value),
        (chosen.c.channel == Channel.EMAIL.value, NoticeState.QUEUED.value),
        else_=NoticeState.SENT.value,
    )
    is_wanted = literal(value=True) if on_channel is None else chosen.c.channel == on_channel
    row = {
        "kind": literal(kind.value),
        "channel": chosen.c.channel,
        "state": state,
        "reason": cast(reason, Text),
        "user_id": User.id,
        "sent_at": case((state == NoticeState.SENT.value, func.now())),
        "is_urgent": func.count().over() <= URGENT_AT_ONCE if KINDS[kind].is_urgent else false(),
        **cause,
        **({} if traceparent is None else {"traceparent": traceparent}),
    }
    rows = recipients.add_columns(*row.values()).join(chosen, is_wanted)
    return (
        insert(Notice)
        .from_select(list(row), rows.order_by(order_by))
        .on_conflict_do_nothing()
        .returning(Notice.id, Notice.state, Notice.is_urgent)
        .cte("made")
    )


def enqueue(batch: MailBatch) -> None:
    """Enqueue the delivery of these mails after the commit. If Redis is away, the sweep enqueues it later."""
    if batch.notice_ids:
        after_commit(partial(queue.deliver_notices, batch.notice_ids, batch.lane))
