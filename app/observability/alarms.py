"""What somebody should look at: each is a line in the log with its `event`, and a count in `/metrics`."""

from __future__ import annotations

import logging
from enum import StrEnum

from prometheus_client import Counter

log = logging.getLogger("app.alarms")

sounded = Counter("rollcall_alarms", "What somebody should look at.", ("event",), registry=None)


class Alarm(StrEnum):
    """Named for what is suspected, in the log and in the metrics alike."""

    CHORE_FAILED = "chore_failed"
    CREDENTIAL_STUFFING = "credential_stuffing"
    JOB_REFUSED = "job_refused"
    MAIL_FAILED = "mail_failed"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"
    VALUE_SLIPPED = "value_slipped"


def sound(
    alarm: Alarm,
    message: str,
    *,
    level: int = logging.ERROR,
    error: BaseException | None = None,
    **facts: object,
) -> None:
    sounded.labels(alarm.value).inc()
    log.log(level, message, exc_info=error, extra={"about": {"event": alarm.value, **facts}})
