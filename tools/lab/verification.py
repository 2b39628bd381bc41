"""What was promised, against what is there: rows of the database, and mails of the sink."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

from tools.lab.databases import Databases
from tools.lab.load import Promises, Step, send
from tools.lab.mail import Sink
from tools.lab.programs import NotReadyError, await_that
from tools.lab.tally import Losses

DELIVERY_SECONDS = 180.0
_QUEUED = "SELECT count(*) FROM notices WHERE channel = 'EMAIL' AND state = 'QUEUED'"
_SENT = """
    SELECT coalesce(array_agg('<' || id || '@lab.rollcall.org>'), '{}') FROM notices
    WHERE channel = 'EMAIL' AND state = 'SENT' AND created_at >= %s
"""
_WITHOUT_NOTICE = """
    SELECT count(*) FROM enrollments
    WHERE status = 'COMPLETED' AND completed_at >= %s AND NOT EXISTS (
        SELECT FROM notices WHERE enrollment_id = enrollments.id AND kind = 'COMPLETION' AND channel = 'EMAIL'
    )
"""
_ENROLLED = "SELECT count(*) FROM unnest(%s::uuid[]) AS promised (id) JOIN enrollments USING (id)"
_TWICE = (
    "SELECT count(*) FROM (SELECT FROM enrollments GROUP BY user_id, course_id HAVING count(*) > 1) AS twice"
)
_COMPLETED = """
    SELECT count(*) FROM unnest(%s::uuid[], %s::uuid[]) AS promised (session_id, lesson_id)
    JOIN sessions ON sessions.id = promised.session_id
    JOIN lessons ON lessons.id = promised.lesson_id
    JOIN enrollments ON enrollments.user_id = sessions.user_id AND enrollments.course_id = lessons.course_id
    JOIN lesson_progress ON enrollment_id = enrollments.id AND lesson_progress.lesson_id = lessons.id
    WHERE lesson_progress.completed_at IS NOT NULL
"""
_ASSIGNED = """
    SELECT count(*) FROM assignments JOIN assignment_items ON assignment_id = assignments.id
    JOIN enrollments ON enrollments.user_id = assignment_items.user_id AND enrollments.course_id = %s
    WHERE assignments.id = %s AND enrollments.status = 'ACTIVE'
"""
_PEOPLE = "SELECT count(*) FROM enrollments WHERE course_id = %s"


def losses(databases: Databases, promises: Promises, sink: Sink, *, admin: str, since: Any) -> Losses:
    """After the outbox is empty.

    :param since: the database's time at the start of the case
    """
    with contextlib.suppress(NotReadyError):
        await_that("an empty outbox", lambda: databases.primary.ask(_QUEUED) == 0, DELIVERY_SECONDS)
    late = int(databases.primary.ask(_QUEUED))
    sent = list(databases.primary.ask(_SENT, (since,)))
    lost = promises.never_answered
    lost += len(promises.enrollments) - int(databases.primary.ask(_ENROLLED, (promises.enrollments,)))
    sessions = [session_of(token) for token, _ in promises.completions]
    lessons = [lesson for _, lesson in promises.completions]
    lost += len(lessons) - int(databases.primary.ask(_COMPLETED, (sessions, lessons)))
    doubled = int(databases.primary.ask(_TWICE))
    for run, course, number in promises.assignments:
        lost += number - int(databases.primary.ask(_ASSIGNED, (course, run)))
        doubled += max(0, int(databases.primary.ask(_PEOPLE, (course,))) - number)
    return Losses(
        people_lost=lost,
        people_doubled=doubled,
        mails_lost=late
        + int(databases.primary.ask(_WITHOUT_NOTICE, (since,)))
        + sum(not sink.received[each] for each in sent),
        mails_doubled=sum(sink.received[each] > 1 for each in sent),
        differences=_differences(admin),
    )


def _differences(admin: str) -> int:
    status, answer = send(Step("verify", "POST", "/dashboard/verify", admin))
    if status != 200:
        raise NotReadyError(f"POST /dashboard/verify: {status}")
    return len(answer["data"]["differences"])


def session_of(token: str) -> str:
    """The session that an access token names; its signature is not looked at."""
    payload = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sid"])
