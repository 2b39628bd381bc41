"""Concurrent calls, each in a thread and on a database connection of its own."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Thread

from sqlalchemy import create_engine, text

from tests.support.waiting import until


def at_once(*calls):
    """Start all calls at the same moment, and return their responses in order."""
    barrier = Barrier(len(calls))

    def start(call):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))


def outcomes(answers):
    """How often each outcome came up: `201`, or `409 course_full`."""
    return Counter(
        f"{answer.status_code} {answer.get_json()['error']['code']}"
        if answer.status_code >= 400
        else str(answer.status_code)
        for answer in answers
    )


class Started:
    """A call that runs in a thread of its own."""

    def __init__(self, call):
        self.answers = []
        self.thread = Thread(target=lambda: self.answers.append(call()))
        self.thread.start()

    def finish(self):
        self.thread.join()
        (answer,) = self.answers
        return answer


@contextmanager
def holding(config, statement, *, commits=False, **values):
    """Hold the locks of a statement; yields a function that waits until so many sessions wait for them.

    The statement is rolled back at the end, unless it `commits`.
    """
    engine = create_engine(config.database_url)
    with engine.connect() as holder, engine.connect() as watcher:
        holder.execute(text(statement), values)
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )

        def wait_for(number):
            def enough_wait():
                watcher.rollback()
                return watcher.scalar(waiting) >= number

            until(enough_wait)

        yield wait_for
        if commits:
            holder.commit()
        holder.rollback()
    engine.dispose()
