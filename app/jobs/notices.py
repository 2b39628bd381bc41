"""The delivery job: sends the mail of the outbox, one after the other.

Each mail is leased in a transaction, composed in a second, sent outside any, and marked in a third. Killed in between, run
twice or by two workers at once, the job sends no mail that is marked and loses none that is not. A mail that fails by a
bug fails alone: it is FAILED with its own reason and an alarm, and the next one is sent.
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
from app.enums import Lane
from app.jobs.context import application
from app.observability import alarms, logs, traces
from app.observability.alarms import Alarm
from app.services.messaging import notices_delivery
from app.services.messaging.notices_delivery import Lease, LeasedMail
from app.settings import settings

log = logging.getLogger(__name__)

NOT_OF_ONE_MAIL = (SQLAlchemyError, BaseTimeoutException)
"""Errors that end the job: the database is away, or the job has timed out."""


class NoticesDeferred(Exception):
    """Some mails have to be tried again. Raised so that RQ retries the job and shows it."""


def deliver(notice_ids: Sequence[str]) -> None:
    """The entry point for RQ: send those of these notices that are due.

    A job without retries left succeeds even so: the sweep enqueues what remains, and Redis need not keep the failure.
    """
    with application():
        deferred = send_due([UUID(notice_id) for notice_id in notice_ids])
    job = get_current_job()
    if deferred and (job is None or job.retries_left):
        raise NoticesDeferred(f"{deferred} of {len(notice_ids)} notices are to be tried again")


def send_due(notice_ids: Sequence[UUID]) -> int:
    """Send what is due among these; how many have to be tried again."""
    deferred = 0
    with mailer.carrier() as carrier:
        while (mail := _next_mail(partial(notices_delivery.lease, notice_ids))) is not None:
            deferral = _deliver(carrier, mail)
            if deferral is not None:
                deferred += 1
                if deferral.is_everywhere:
                    break
    return deferred


def send_for(seconds: float, lanes: Sequence[Lane]) -> bool:
    """Send due mail of these lanes for some seconds without a queue; whether more may be due.

    Before each mail the lanes are looked at in their order.
    """
    if not lanes:
        return False
    until = monotonic() + seconds
    with mailer.carrier() as carrier:
        while monotonic() < until:
            mail = _next_mail(partial(notices_delivery.lease_any, lanes))
            if mail is None:
                return False
            deferral = _deliver(carrier, mail)
            if deferral is not None and deferral.is_everywhere:
                return False
    return True


def _deliver(carrier: Carrier, mail: LeasedMail) -> MailDeferred | None:
    """Send one mail and mark it; the deferral, if it has to be tried again."""
    with traces.notice(mail.notice_id, mail.traceparent):
        return _send_and_mark(carrier, mail)


def _send_and_mark(carrier: Carrier, mail: LeasedMail) -> MailDeferred | None:
    try:
        _send(carrier, mail)
    except MailDeferred as deferral:
        _mark_deferred(mail, str(deferral))
        _log(mail, "deferred: %s", deferral)
        return deferral
    except MailRejected as rejection:
        _mark_failed(mail, str(rejection))
        _log(mail, "rejected: %s", rejection)
    except NOT_OF_ONE_MAIL:
        raise
    except Exception as error:
        _give_up(mail, error)
    else:
        _mark_sent(mail)
        _log(mail, "sent")
    return None


def _log(mail: LeasedMail, outcome: str, *reasons: Exception) -> None:
    with logs.about(notice_id=mail.notice_id):
        log.log(logging.WARNING if reasons else logging.INFO, outcome, *reasons)


def _next_mail(lease: Callable[[], Lease | None]) -> LeasedMail | None:
    """The next mail that can be composed; those that cannot are given up on the way."""
    while (leased := _lease(lease)) is not None:
        try:
            mail = _compose(leased)
        except NOT_OF_ONE_MAIL:
            raise
        except Exception as error:
            _give_up(leased, error)
        else:
            if mail is not None:
                return mail
    return None


def _give_up(leased: Lease, error: Exception) -> None:
    """Each further try would end in the same way until the code is fixed; then an admin resends the mail."""
    name = type(error).__name__
    _mark_failed(leased, f"internal_error: {name}")
    with logs.about(notice_id=leased.notice_id):
        alarms.sound(Alarm.MAIL_FAILED, f"a mail cannot be sent: {name}", error=error)


def _lease(lease: Callable[[], Lease | None]) -> Lease | None:
    with transaction():
        return lease()


def _compose(leased: Lease) -> LeasedMail | None:
    with transaction():
        return notices_delivery.compose(leased)


def _send(carrier: Carrier, mail: LeasedMail) -> None:
    with traces.calling(
        f"send mail by {settings().mail_transport}", **{"server.address": settings().mail_host}
    ):
        carrier.send(mail.mail)


def _mark_sent(mail: LeasedMail) -> None:
    with transaction():
        notices_delivery.mark_sent(mail)


def _mark_deferred(mail: LeasedMail, reason: str) -> None:
    with transaction():
        notices_delivery.mark_deferred(mail, reason)


def _mark_failed(leased: Lease, reason: str) -> None:
    with transaction():
        notices_delivery.mark_failed(leased, reason)
