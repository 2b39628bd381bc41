"""Sliding-window limits in PostgreSQL, against brute force and credential stuffing, and on mails to one recipient.

They hold even while Redis is down. The times of the last attempts are stored, as many as are allowed, so that a limit is
exact over any span of time (a sliding window log). Concurrent attempts are counted one after the other. Names and
addresses are stored as hashes only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import NamedTuple

from sqlalchemy import (
    ARRAY,
    Boolean,
    DateTime,
    Integer,
    LargeBinary,
    Numeric,
    TextualSelect,
    bindparam,
    column,
    text,
)

from app.db.statements import Statement, value_of
from app.errors.requests import Throttled
from app.observability import alarms
from app.observability.alarms import Alarm
from app.settings import settings
from setting_parsers import Rate


@dataclass(frozen=True)
class Quota:
    """How many attempts a subject, such as one name or one address, may have in how many seconds."""

    subject: bytes
    rate: Rate
    alarm: Alarm | None = None
    """raised when the last attempt is used"""

    @classmethod
    def on(cls, rate: Rate, *what: str, alarm: Alarm | None = None) -> Quota:
        return cls(hashlib.sha256("\n".join(what).encode()).digest(), rate, alarm)


class _Counted(NamedTuple):
    subject: bytes
    moment: datetime
    is_taken: bool
    is_last: bool
    wait: float
    """seconds"""


def take(quotas: Collection[Quota]) -> datetime | None:
    """Count an attempt towards all of these limits, or refuse it and count it towards none.

    Returns the time of the attempt, which `give_back` needs.
    """
    if not settings().ratelimit_enabled:
        return None
    counted = _count(quotas)
    waits = [line.wait for line in counted if not line.is_taken]
    if waits:
        _undo(quotas, counted)
        raise Throttled(max(1, ceil(max(waits))))
    used_up = {line.subject for line in counted if line.is_last}
    for quota in quotas:
        if quota.alarm and quota.subject in used_up:
            _raise_alarm_once(quota.alarm, quota)
    return counted[0].moment


def _undo(quotas: Collection[Quota], counted: Sequence[_Counted]) -> None:
    """A concurrent request took the last attempt of one limit: take back what was counted towards the others."""
    taken = {line.subject for line in counted if line.is_taken}
    if taken:
        give_back([quota for quota in quotas if quota.subject in taken], counted[0].moment)


def _raise_alarm_once(alarm: Alarm, quota: Quota) -> None:
    """Raise the alarm once for all processes in the time of the quota. The caller holds the lock on the quota's row."""
    once = Quota.on(Rate(1, quota.rate.seconds), "alarm", quota.subject.hex())
    if _count([once])[0].is_taken:
        amount, seconds = quota.rate
        alarms.sound(alarm, f"all {amount} attempts of {seconds} seconds are used up")


def _count(quotas: Collection[Quota]) -> Sequence[_Counted]:
    # In one order, against deadlocks.
    in_order = sorted(quotas, key=lambda quota: quota.subject)
    asked = {
        "subjects": [quota.subject for quota in in_order],
        "amounts": [quota.rate.amount for quota in in_order],
        "spans": [quota.rate.seconds for quota in in_order],
    }
    return _TAKE.all(asked)


def give_back(quotas: Collection[Quota], moment: datetime | None) -> None:
    """Take back an attempt that `take` counted: it was not a failure, or is refused."""
    if moment is not None:
        subjects = sorted(quota.subject for quota in quotas)
        _GIVE_BACK.all({"subjects": subjects, "moment": moment})


_SUBJECTS = bindparam("subjects", type_=ARRAY(LargeBinary()))
_MOMENT = bindparam("moment", type_=DateTime(timezone=True))


def _take() -> TextualSelect:
    """An attempt over a limit that is already used up writes nothing; a race is decided by the row lock.

    Two attempts may have the same time, so the row says which of them was counted.
    """
    amounts, spans = (bindparam(name, type_=ARRAY(Integer())) for name in ("amounts", "spans"))
    return (
        text(_COUNTING)
        .bindparams(_SUBJECTS, amounts, spans)
        .columns(
            column("subject", LargeBinary()),
            column("moment", DateTime(timezone=True)),
            column("is_taken", Boolean()),
            column("is_last", Boolean()),
            column("wait", Numeric(asdecimal=False)),
        )
    )


_COUNTING = """
    WITH asked AS (
        SELECT subject, amount, make_interval(secs => seconds) AS span, statement_timestamp() AS moment
        FROM unnest(CAST(:subjects AS bytea[]), CAST(:amounts AS int[]), CAST(:spans AS int[]))
            AS quota (subject, amount, seconds)
    ), full_already AS (
        SELECT subject, times, false AS is_counted FROM asked JOIN attempts USING (subject)
        WHERE times[greatest(1, cardinality(times) - amount + 1)] > moment - span AND cardinality(times) >= amount
    ), counted AS (
        INSERT INTO attempts AS held (subject, times, is_counted, forgotten_at)
        SELECT subject, ARRAY[moment], true, moment + span FROM asked
        WHERE NOT EXISTS (SELECT FROM full_already)
        ORDER BY subject
        ON CONFLICT (subject) DO UPDATE SET
            (times, is_counted) = (
                SELECT CASE WHEN cardinality(kept) < amount THEN kept || moment ELSE kept END,
                    cardinality(kept) < amount
                FROM asked CROSS JOIN LATERAL (
                    SELECT ARRAY(
                        SELECT at FROM unnest(held.times) AS at WHERE at > moment - span ORDER BY at
                    ) AS kept
                ) AS recent
                WHERE asked.subject = held.subject
            ),
            forgotten_at = excluded.forgotten_at
        RETURNING subject, times, is_counted
    )
    SELECT subject, moment, is_counted AS is_taken, cardinality(times) >= amount AS is_last,
        extract(epoch FROM times[greatest(1, cardinality(times) - amount + 1)] + span - moment) AS wait
    FROM asked JOIN (SELECT * FROM counted UNION ALL SELECT * FROM full_already) AS standing USING (subject)
    """

# Of two equal times one is taken back.
_GIVING_BACK = """
    UPDATE attempts SET times =
        times[: array_position(times, moment) - 1] || times[array_position(times, moment) + 1 :]
    FROM CAST(:moment AS timestamptz) AS given (moment)
    WHERE moment = any(times) AND subject IN (
        SELECT subject FROM attempts WHERE subject = any(CAST(:subjects AS bytea[])) ORDER BY subject FOR UPDATE
    )
    RETURNING subject
    """

_TAKE = Statement(_take, _Counted)
_GIVE_BACK = Statement(
    lambda: text(_GIVING_BACK).bindparams(_SUBJECTS, _MOMENT).columns(column("subject", LargeBinary())),
    value_of,
)
