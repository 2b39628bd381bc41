"""Periodic work: the list of chores, and the loop of the one process that runs them.

Leader election by an advisory lock: a second process waits, and takes over when the first is gone. While none runs, all
responses stay right; notices are late, and expired rows are kept for longer. A chore that fails raises its alarm and runs
again at its next time: the others and the process go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from threading import Event
from time import monotonic
from uuid import UUID

from redis.exceptions import RedisError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.adapters import queue
from app.db import advisory_locks
from app.db.advisory_locks import NoSessionOfOurOwn
from app.db.session import db, long_transaction, transaction
from app.enums import Lane
from app.jobs import runs
from app.jobs.notices import send_for
from app.observability import alarms, logs
from app.observability.alarms import Alarm
from app.services.catalogue import thumbnails
from app.services.content import files
from app.services.counters import tallies
from app.services.messaging import notices_delivery
from app.services.people import profile_pictures
from app.services.quizzes import closing, question_images
from app.services.retention import retention
from app.services.search import search_rebuild
from app.settings import settings

log = logging.getLogger(__name__)

LOCK = advisory_locks.SWEEP

ENQUEUED_AT_ONCE = 1_000
DIRECT_SENDING_SECONDS = 5.0
HOURLY = 3_600.0
AWAY_SECONDS = 1.0
"""From one try to reach the database, or a new primary, to the next."""


@dataclass(frozen=True)
class Chore:
    name: str
    every: Callable[[], float]
    """seconds from one start to the next"""
    run: Callable[[], bool | None]
    """does a part of it; true when there may be more, which is done after the other chores had their turn"""


def sweep_notices() -> bool:
    """Enqueue mail that is due and in no job; send it directly where no worker listens, or while Redis does not answer.

    A limited number, so that it ends however much comes in meanwhile. Whether there may be more.
    """
    alone: list[Lane] = []
    more = False
    try:
        for lane in Lane:
            if queue.workers(queue.jobs(lane)):
                more = _enqueue_overdue(lane) or more
            else:
                alone.append(lane)
    except RedisError as error:
        # It does not answer; or it does and takes nothing: full, or read-only.
        log.info("Redis is away; sending notices from here: %s", type(error).__name__)
        alone = list(Lane)
    return send_for(DIRECT_SENDING_SECONDS, alone) or more


def sweep_runs() -> bool:
    """Enqueue bulk runs that wait for a worker or were abandoned; carry them from here where no worker listens."""
    try:
        if queue.workers(queue.runs()):
            return runs.enqueue_waiting() == runs.ENQUEUED_AT_ONCE
    except RedisError as error:
        log.info("Redis is away; carrying runs from here: %s", type(error).__name__)
    return runs.carry_waiting(DIRECT_SENDING_SECONDS)


def _enqueue_overdue(lane: Lane) -> bool:
    queued = queue.next_notices(lane)
    with transaction():
        overdue = notices_delivery.take_overdue(ENQUEUED_AT_ONCE, lane, next_in_queue=queued)
    if overdue:
        queue.deliver_notices(overdue, lane)
        log.info("enqueued %d %s notices", len(overdue), lane.value)
    return len(overdue) == ENQUEUED_AT_ONCE


def erase_names() -> None:
    """Replace the names of deleted users in bulk runs by their ids. What fails half-way starts again the next time."""
    began_at = datetime.now(UTC)
    with long_transaction():
        people = retention.people_to_erase()
        newest = retention.newest_run() if people else None
    last: UUID | None = UUID(int=0)
    while last is not None and newest is not None:
        with long_transaction():
            last = retention.erase_in_runs(people, last, newest)
    with long_transaction():
        retention.note_erased(people, began_at=began_at)


def _committed(service: Callable[[], bool | None]) -> bool | None:
    with long_transaction():
        return service()


def _hourly(name: str, service: Callable[[], bool | None]) -> Chore:
    return Chore(name, lambda: HOURLY, partial(_committed, service))


CHORES = (
    Chore("notices", lambda: settings().sweep_interval_seconds, sweep_notices),
    Chore("runs", lambda: settings().sweep_interval_seconds, sweep_runs),
    Chore("names", lambda: HOURLY, erase_names),
    Chore(
        "quiz attempts", lambda: settings().sweep_interval_seconds, partial(_committed, closing.close_expired)
    ),
    _hourly("refresh tokens", retention.purge_refresh_tokens),
    _hourly("sessions", retention.purge_sessions),
    _hourly("mail tokens", retention.purge_mail_tokens),
    _hourly("attempts", retention.purge_attempts),
    _hourly("known places", retention.purge_known_places),
    _hourly("idempotency keys", retention.purge_idempotency_keys),
    _hourly("email changes", retention.purge_email_changes),
    _hourly("previews", retention.purge_previews),
    _hourly("pictures", profile_pictures.delete_unreferenced),
    _hourly("thumbnails", thumbnails.delete_unreferenced),
    _hourly("files", files.delete_unreferenced),
    _hourly("question images", question_images.delete_unused),
    _hourly("tallies", tallies.compact),
    _hourly("search", search_rebuild.rebuild_next),
)


def run_forever(stop: Event) -> None:
    """Run each chore at its interval, until `stop` is set."""
    while not stop.is_set():
        try:
            with _leadership(stop) as connection:
                _run_as_leader(connection, stop)
        except SQLAlchemyError as error:
            log.warning("the database is away: %s", type(error).__name__)
            stop.wait(min(AWAY_SECONDS, settings().sweep_interval_seconds))
        except NoSessionOfOurOwn as error:
            log.critical("not sweeping: %s", error)
            stop.wait(settings().sweep_interval_seconds)


@contextmanager
def _leadership(stop: Event) -> Iterator[Connection]:
    """Wait for the lock, and hold it on a connection of its own: when that closes, the lock is free."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()
        advisory_locks.check(connection)
        is_logged = False
        while not stop.is_set():
            if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
                log.info("sweeping")
                break
            if not is_logged:
                log.info("another process sweeps; waiting for it to go")
                is_logged = True
            stop.wait(settings().sweep_interval_seconds)
        yield connection


def _run_as_leader(connection: Connection, stop: Event) -> None:
    due = dict.fromkeys((chore.name for chore in CHORES), monotonic())
    while not stop.is_set():
        # The lock lives as long as this connection, whose server can also become a standby.
        if not advisory_locks.is_held(connection, LOCK):
            log.warning("the lock is lost; sweeping no longer")
            return
        for chore in CHORES:
            if due[chore.name] <= monotonic():
                due[chore.name] = monotonic() + chore.every()
                if _do(chore):
                    due[chore.name] = monotonic()
        stop.wait(max(0.0, min(due.values()) - monotonic()))


def _do(chore: Chore) -> bool:
    """Run a part of a chore; whether there may be more of it."""
    try:
        with logs.about(chore=chore.name):
            return bool(chore.run())
    except Exception as error:
        _report_failure(chore, error)
        return False
    finally:
        db.session.remove()


def _report_failure(chore: Chore, error: Exception) -> None:
    message = f"{chore.name}: {type(error).__name__}, next time again"
    alarms.sound(Alarm.CHORE_FAILED, message, error=error, chore=chore.name)
