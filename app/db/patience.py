"""Waiting for a database that is away for a moment, as during a promotion: what lost its connection is done again.

Only what has committed nothing is repeated, so that nothing is done twice. The wait is counted from the beginning of the
outage: in a longer one requests are answered 503 at once, and hold no threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError

from app.db import replica, session
from app.settings import settings

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.0
"""Doubled from one try to the next: a statement that ends its backend is tried a few times, and not for ever."""

FORGOTTEN_SECONDS = 30.0
"""An outage of which nothing was seen for so long is over."""


class _Outage:
    """What this process has seen of the present one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = self._seen = 0.0

    def seconds(self) -> float:
        """How long it lasts; it begins with the first call."""
        with self._lock:
            now = monotonic()
            if now - self._seen > FORGOTTEN_SECONDS or not self._began:
                self._began = now
            self._seen = now
            return now - self._began

    def end(self) -> None:
        if self._began:
            with self._lock:
                self._began = 0.0


_outage = _Outage()


def patiently(act: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """What `act` returns. It is called again while the database is away, for DATABASE_PATIENCE_SECONDS of an outage.

    :param act: a whole unit of work, or reads outside of one, with no other effects
    """
    began, pause = 0.0, FIRST_PAUSE_SECONDS
    while True:
        try:
            result = act(*args, **kwargs)
        except OperationalError as error:
            # In place of a standby, the primary is asked at once.
            if not _is_away(error) or session.may_have_committed(error) or replica.chosen():
                raise
            began = began or monotonic()
            waited = max(_outage.seconds(), monotonic() - began)
            if waited >= settings().database_patience_seconds:
                raise
            session.release()
            sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        else:
            _outage.end()
            return result


def _is_away(error: OperationalError) -> bool:
    """Whether a connection was lost, or could not be made: then there was no statement."""
    return error.connection_invalidated or error.statement is None
