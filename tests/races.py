"""Calls that start at the same moment, each in a thread and on a connection of its own."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def at_once(*calls):
    """The answers of all calls, in order."""
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
