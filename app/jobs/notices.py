"""The mail of the outbox, one letter after the other.

Each letter is claimed in a transaction, sent outside any, and marked in a second. Killed in between, run twice or by
two workers at once, this sends nothing that is already marked and loses nothing that is not.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from rq import get_current_job

from app import mailer, telemetry
from app.db import transaction
from app.jobs.context import application
from app.mailer import Carrier, MailDeferred, MailRejected
from app.services import notices_delivery
from app.services.notices_delivery import Letter

log = logging.getLogger(__name__)


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
        while (letter := _claim(notice_ids)) is not None:
            try:
                _send(carrier, letter)
            except MailDeferred as trouble:
                deferred += 1
                _mark_deferred(letter, str(trouble))
                _tell(letter, "deferred: %s", trouble)
                if trouble.is_everywhere:
                    break
            except MailRejected as refusal:
                _mark_rejected(letter, str(refusal))
                _tell(letter, "rejected: %s", refusal)
            else:
                _mark_sent(letter)
                _tell(letter, "sent")
    return deferred


def _tell(letter: Letter, outcome: str, *reasons: Exception) -> None:
    with telemetry.about(notice_id=letter.notice_id):
        log.log(logging.WARNING if reasons else logging.INFO, outcome, *reasons)


def _claim(notice_ids: Sequence[UUID]) -> Letter | None:
    with transaction():
        return notices_delivery.claim(notice_ids)


def _send(carrier: Carrier, letter: Letter) -> None:
    carrier.send(letter.mail)


def _mark_sent(letter: Letter) -> None:
    with transaction():
        notices_delivery.mark_sent(letter)


def _mark_deferred(letter: Letter, reason: str) -> None:
    with transaction():
        notices_delivery.mark_deferred(letter, reason)


def _mark_rejected(letter: Letter, reason: str) -> None:
    with transaction():
        notices_delivery.mark_rejected(letter, reason)
