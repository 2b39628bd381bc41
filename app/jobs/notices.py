"""The mail of the outbox, one letter after the other.

Each letter is leased in a transaction, written in a second, sent outside any, and marked in a third. Killed in between,
run twice or by two workers at once, this sends nothing that is already marked and loses nothing that is not. A letter
that fails by a fault of ours fails alone: it is FAILED with its own reason and an alarm, and the next one is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from uuid import UUID

from rq import get_current_job
from rq.timeouts import BaseTimeoutException
from sqlalchemy.exc import SQLAlchemyError

from app.adapters import mailer
from app.adapters.mailer import Carrier, MailDeferred, MailRejected
from app.db.session import transaction
from app.jobs.context import application
from app.observability import alarms, logs
from app.observability.alarms import Alarm
from app.services.messaging import notices_delivery
from app.services.messaging.notices_delivery import Lease, Letter

log = logging.getLogger(__name__)

NOT_OF_A_LETTER = (SQLAlchemyError, BaseTimeoutException)
"""Errors that end the job: the database is away, or the job has had its time."""


class NoticesDeferred(Exception):
    """Some mails have to be tried again. Raised so that RQ does, and shows it."""


def deliver(notice_ids: Sequence[str]) -> None:
    """What RQ calls: send those of these notices that are due.

    A job that RQ tries no more ends well even so: the sweep rings for what is left, and Redis need not keep the failure.
    """
    with application():
        deferred = send_due([UUID(notice_id) for notice_id in notice_ids])
    job = get_current_job()
    if deferred and (job is None or job.retries_left):
        raise NoticesDeferred(f"{deferred} of {len(notice_ids)} notices are to be tried again")


def send_due(notice_ids: Sequence[UUID]) -> int:
    """Send what is due among these, and say how many have to be tried again."""
    deferred = 0
    with mailer.carrier() as carrier:
        while (letter := _claim(partial(notices_delivery.lease, notice_ids))) is not None:
            trouble = _deliver(carrier, letter)
            if trouble is not None:
                deferred += 1
                if trouble.is_everywhere:
                    break
    return deferred


def send_for(seconds: float) -> bool:
    """Send whatever is due, without a queue: urgent mail before each letter of the rest. Whether more may be due then."""
    until = monotonic() + seconds
    with mailer.carrier() as carrier:
        while monotonic() < until:
            letter = _claim(notices_delivery.lease_any)
            if letter is None:
                return False
            trouble = _deliver(carrier, letter)
            if trouble is not None and trouble.is_everywhere:
                return False
    return True


def _deliver(carrier: Carrier, letter: Letter) -> MailDeferred | None:
    """Send one letter and mark it; why it has to be tried again, if so."""
    try:
        _send(carrier, letter)
    except MailDeferred as trouble:
        _mark_deferred(letter, str(trouble))
        _tell(letter, "deferred: %s", trouble)
        return trouble
    except MailRejected as refusal:
        _mark_failed(letter, str(refusal))
        _tell(letter, "rejected: %s", refusal)
    except NOT_OF_A_LETTER:
        raise
    except Exception as fault:
        _give_up(letter, fault)
    else:
        _mark_sent(letter)
        _tell(letter, "sent")
    return None


def _tell(letter: Letter, outcome: str, *reasons: Exception) -> None:
    with logs.about(notice_id=letter.notice_id):
        log.log(logging.WARNING if reasons else logging.INFO, outcome, *reasons)


def _claim(lease: Callable[[], Lease | None]) -> Letter | None:
    """The next letter that can be written; those that cannot are given up on the way."""
    while (leased := _lease(lease)) is not None:
        try:
            letter = _write(leased)
        except NOT_OF_A_LETTER:
            raise
        except Exception as fault:
            _give_up(leased, fault)
        else:
            if letter is not None:
                return letter
    return None


def _give_up(leased: Lease, fault: Exception) -> None:
    """Each further try would end in the same way until the code is fixed; then an admin resends it."""
    name = type(fault).__name__
    _mark_failed(leased, f"internal_error: {name}")
    with logs.about(notice_id=leased.notice_id):
        alarms.sound(Alarm.MAIL_FAILED, f"a mail cannot be sent: {name}", trouble=fault)


def _lease(lease: Callable[[], Lease | None]) -> Lease | None:
    with transaction():
        return lease()


def _write(leased: Lease) -> Letter | None:
    with transaction():
        return notices_delivery.write(leased)


def _send(carrier: Carrier, letter: Letter) -> None:
    carrier.send(letter.mail)


def _mark_sent(letter: Letter) -> None:
    with transaction():
        notices_delivery.mark_sent(letter)


def _mark_deferred(letter: Letter, reason: str) -> None:
    with transaction():
        notices_delivery.mark_deferred(letter, reason)


def _mark_failed(leased: Lease, reason: str) -> None:
    with transaction():
        notices_delivery.mark_failed(leased, reason)
