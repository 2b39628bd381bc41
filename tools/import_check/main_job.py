"""The README's main job, written as a user would write it against the generated Python client."""

from __future__ import annotations

import json
import sys
from typing import TypeVar

from rollcall_client import AuthenticatedClient, Client
from rollcall_client.api.auth import log_in
from rollcall_client.api.bulk_assignment import assign_people, list_assignment_items
from rollcall_client.api.courses import show_course
from rollcall_client.api.progress import complete_lesson
from rollcall_client.models import AssignMultiple, Error, Login, ReportAnswer

Answer = TypeVar("Answer")


def answered(result: Answer | Error | None) -> Answer:
    if result is None or isinstance(result, Error):
        raise SystemExit(f"refused: {result}")
    return result


def logged_in(base_url: str, email: str, password: str) -> AuthenticatedClient:
    login = Login(email=email, password=password)
    answer = answered(log_in.sync(client=Client(base_url=base_url), body=login))
    return AuthenticatedClient(base_url=base_url, token=answer.data.tokens.access)


def main(base_url: str, password: str) -> None:
    admin = logged_in(base_url, "admin@example.org", password)
    student = logged_in(base_url, "student@example.org", password)
    course = answered(show_course.sync("CCC-2014J", client=admin)).data
    lessons = [lesson for section in course.sections for lesson in section.lessons if lesson.is_required]
    order = AssignMultiple(
        emails=["student@example.org", "student2@example.org", "unknown@example.org"],
        due_in_days=30,
        reason="Yearly training",
    )
    report = assign_people.sync(course.code, client=admin, body=order)
    if not isinstance(report, ReportAnswer):  # 202: a worker carries a run of more than 10,000 lines
        raise SystemExit(f"refused, or not applied yet: {report}")
    items = answered(list_assignment_items.sync(report.data.assignment_id, client=admin))
    outcomes: list[str] = [item.outcome.value for item in items.data]
    enrollment = answered(complete_lesson.sync(lessons[0].id, client=student)).data
    progress: float = enrollment.completion_percentage
    print(json.dumps({"outcomes": outcomes, "progress": progress, "title": enrollment.course.title.upper()}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
