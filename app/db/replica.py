"""Reads from a streaming standby of PostgreSQL (`DATABASE_REPLICA_URL`), for requests that may be a moment out of date.

A request chooses it once it is authenticated, and from then on its statements go there. A thread of each process watches
how far the standby lags; one that lags by more than REPLICA_LAG_SECONDS, or does not answer, is not chosen (circuit breaker),
so no request waits to find out.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from time import monotonic, sleep
from typing import Any

from flask import Flask, current_app, has_request_context, request
from flask_sqlalchemy.session import Session
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.db import pool
from app.settings import settings
from config import REPLICA

EVERY_SECONDS = 0.5
FRESH_SECONDS = 2.0
"""How old the last good look at the standby may be."""

_CHOSEN = "rollcall.replica"
_EXTENSION = "rollcall-replica"

_WRITTEN = text("SELECT pg_current_wal_lsn() - '0/0'")
_REPLAYED = text(
    "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() - '0/0', current_setting('statement_timeout') <> '0'"
    " AND current_setting('TimeZone') IN ('UTC', 'Etc/UTC', 'GMT')"
)


class Lag:
    """How far a standby is behind, by positions in the log (LSN) that the primary had at known moments.

    The standby's own clock says nothing: it stops when nothing is written, and also when nothing arrives.
    """

    def __init__(self) -> None:
        self._written: deque[tuple[float, int]] = deque(maxlen=8_192)

    def note(self, moment: float, position: int) -> None:
        """What was committed before this moment is in the log before this position."""
        self._written.append((moment, position))

    def seconds(self, now: float, replayed: int) -> float:
        """At most so old is what a standby shows that has replayed the log up to here."""
        reached = [moment for moment, position in self._written if position <= replayed]
        return now - max(reached) if reached else float("inf")


class Replica:
    """The standby of one application, and whether it is good enough at this moment."""

    def __init__(self, primary: Engine, standby: Engine, longest_lag: float) -> None:
        self._primary, self.engine, self._longest_lag = primary, standby, longest_lag
        self._lag, self._good_at = Lag(), float("-inf")
        self._watched_by, self._starting = 0, threading.Lock()

    def is_usable(self) -> bool:
        if self._watched_by != os.getpid():
            self._watch()
        return monotonic() - self._good_at < FRESH_SECONDS

    def note_failure(self) -> None:
        self._good_at = float("-inf")

    def look(self) -> None:
        """Compare the standby with the primary."""
        began = monotonic()
        with self._primary.connect() as connection:
            self._lag.note(began, int(connection.scalar(_WRITTEN) or 0))
        with self.engine.connect() as connection:
            is_standby, replayed, has_limits = connection.execute(_REPLAYED).one()
        # One that was promoted has a history of its own.
        if is_standby and has_limits and self._lag.seconds(monotonic(), int(replayed)) <= self._longest_lag:
            self._good_at = monotonic()
        else:
            self.note_failure()

    def _watch(self) -> None:
        with self._starting:
            if self._watched_by == os.getpid():
                return
            self._watched_by = os.getpid()
            threading.Thread(target=self._look_for_ever, name="replica", daemon=True).start()

    def _look_for_ever(self) -> None:
        while True:
            try:
                self.look()
            except SQLAlchemyError:
                self.note_failure()
            sleep(EVERY_SECONDS)


class RoutedSession(Session):
    """A session whose statements go to the standby in a request that has chosen it."""

    def get_bind(self, *args: Any, **options: Any) -> Any:
        return chosen() or super().get_bind(*args, **options)


def init_app(app: Flask, engines: Any) -> None:
    with app.app_context():
        longest_lag = settings().replica_lag_seconds
    standby = engines.get(REPLICA)
    if standby is not None:
        app.extensions[_EXTENSION] = Replica(engines[None], standby, longest_lag)


def configured() -> Replica | None:
    found: Replica | None = current_app.extensions.get(_EXTENSION)
    return found


def choose() -> bool:
    """Read from the standby for the rest of this request, if it is good enough; whether it is."""
    replica = configured()
    if replica is None or not replica.is_usable():
        return False
    pool.release_kept()
    request.environ[_CHOSEN] = replica.engine
    return True


def give_up() -> None:
    """Read from the primary again: the standby has just failed this request."""
    replica = configured()
    if replica is not None:
        replica.note_failure()
    request.environ.pop(_CHOSEN, None)
    pool.release_kept()


def chosen() -> Engine | None:
    """The engine of the standby, in a request that reads there."""
    found: Engine | None = request.environ.get(_CHOSEN) if has_request_context() else None
    return found
