"""Alarms for operators: each is a log line with its `event`, and a counter in `/metrics`."""

from __future__ import annotations

import logging
from enum import StrEnum

from prometheus_client import Counter

log = logging.getLogger("app.alarms")

sounded = Counter("rollcall_alarms", "Events that an operator should look at.", ("event",), registry=None)


class Alarm(StrEnum):
    """Named after the suspected cause, in the log and in the metrics."""

    CHORE_FAILED = "chore_failed"
    CREDENTIAL_STUFFING = "credential_stuffing"
    JOB_REFUSED = "job_refused"
    MAIL_FAILED = "mail_failed"
    RUN_FAILED = "run_failed"
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
