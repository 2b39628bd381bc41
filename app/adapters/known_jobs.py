"""The allow-list of RQ jobs: their function names, each with the arguments that it takes.

RQ imports and calls any function and callback that a job in Redis names, and sends requests to the URLs that it names.
Write access to Redis must not become the right to run code: a job is compared with the list when it is read, before
anything is imported. A job that is not on the list is refused, together with its callbacks, retries and webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from redis.exceptions import ResponseError
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.job import Job

DELIVER_NOTICES: Final = "app.jobs.notices.deliver"
CARRY_RUN: Final = "app.jobs.runs.work"
RENDER_CERTIFICATES: Final = "app.jobs.certificates.render"
URGENT_QUEUE: Final = "rollcall-urgent"
BULK_QUEUE: Final = "rollcall"
RUN_QUEUE: Final = "rollcall-runs"
CERTIFICATE_QUEUE: Final = "rollcall-certificates"
NOTICES_PER_JOB: Final = 100
CERTIFICATES_PER_JOB: Final = 100
FAILED_JOBS_KEPT_SECONDS: Final = 7 * 86_400

_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
_NOTHING = b'["", null, [], {}]'
"""Replaces a job that cannot be read: its empty name is not on the list."""


class JobRefused(Exception):
    """The job is not on the allow-list, and was not started."""


def is_batch_of_notices(arguments: object) -> bool:
    """One argument, a list of up to a hundred ids of notices."""
    return _is_batch(arguments, NOTICES_PER_JOB)


def is_batch_of_certificates(arguments: object) -> bool:
    """One argument, a list of up to a hundred ids of certificates."""
    return _is_batch(arguments, CERTIFICATES_PER_JOB)


def is_one_run(arguments: object) -> bool:
    """One argument, the id of a bulk run."""
    return isinstance(arguments, list | tuple) and len(arguments) == 1 and _is_id(arguments[0])


def _is_batch(arguments: object, most: int) -> bool:
    if not isinstance(arguments, list | tuple) or len(arguments) != 1:
        return False
    [ids] = arguments
    return isinstance(ids, list) and 0 < len(ids) <= most and all(map(_is_id, ids))


def _is_id(text: object) -> bool:
    if not isinstance(text, str):
        return False
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


QUEUES: Final[Mapping[str, frozenset[str]]] = {
    DELIVER_NOTICES: frozenset({URGENT_QUEUE, BULK_QUEUE}),
    CARRY_RUN: frozenset({RUN_QUEUE}),
    RENDER_CERTIFICATES: frozenset({CERTIFICATE_QUEUE}),
}
"""What reads the head of a queue takes its jobs for what belongs there."""

KNOWN: Final[Mapping[str, Callable[[object], bool]]] = {
    DELIVER_NOTICES: is_batch_of_notices,
    CARRY_RUN: is_one_run,
    RENDER_CERTIFICATES: is_batch_of_certificates,
}


class KnownJob(Job):
    """A job from the allow-list, or one with a `refusal`, which does nothing."""

    refusal: str | None = None

    def refresh(self) -> None:
        try:
            super().refresh()
        except ResponseError as error:
            # The key holds something other than a job.
            raise NoSuchJobError(f"No such job: {self.key}") from error

    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        try:
            super().restore(raw_data)
            self.refusal = self._why_refused()
        except _UNREADABLE as error:
            kept = {name: raw_data[name] for name in (b"origin",) if name in raw_data}
            super().restore({**kept, b"data": _NOTHING})
            self.refusal = f"it cannot be read: {type(error).__name__}"
        if self.refusal:
            self._disarm()

    def perform(self) -> Any:
        if self.refusal:
            raise JobRefused(self.refusal)
        return super().perform()

    def _why_refused(self) -> str | None:
        try:
            name, owner, arguments, keywords = self.func_name, self.instance, self.args, self.kwargs
        except DeserializationError:
            return "it cannot be read: DeserializationError"
        takes = KNOWN.get(name) if isinstance(name, str) else None
        if takes is None:
            return "its function is not on the list"
        if self.origin not in QUEUES.get(str(name), ()):
            return "its function does not belong in this queue"
        if owner is not None or keywords != {} or not takes(arguments):
            return "its arguments are not of the right types"
        if self._calls_back():
            return "it names callbacks, webhooks or repetitions"
        return None

    def _calls_back(self) -> bool:
        names = (self._success_callback_name, self._failure_callback_name, self._stopped_callback_name)
        return any(names) or bool(self.webhooks) or bool(self.repeats_left)

    def _disarm(self) -> None:
        """Disable what RQ does for a failed job: retries, callbacks and webhooks."""
        self.data = _NOTHING
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        self.retries_left = self.repeats_left = None
        self.failure_ttl = FAILED_JOBS_KEPT_SECONDS
