"""A folder for each role: what such a user does every day. Nothing here changes more than one's own profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.web.collections.documented import Document
from app.web.collections.parts import Check, Folder

_PREVIEW = {"emails": ["student4@example.org", "unknown@example.org"], "mode": "preview"}
_FOUND = Check("Something is found", "answer.data.length > 0")

_ROLES: Mapping[str, tuple[str, str, Mapping[str, Mapping[str, Any]]]] = {
    "Anyone": (
        "Reading the catalogue, courses and reviews, and verifying a certificate, without an account.",
        "",
        {
            "show_index": {},
            "list_categories": {"checks": [_FOUND]},
            "show_category": {},
            "list_courses": {
                "query": {"search": "first aid", "ordering": "-published_at"},
                "checks": [_FOUND],
            },
            "show_course": {"checks": [Check("The outline is public", "answer.data.sections.length > 0")]},
            "list_course_lessons": {"checks": [_FOUND]},
            "list_course_reviews": {},
            "verify_certificate": {
                "checks": [Check("It names course and learner", "Boolean(answer.data.course_title)")]
            },
        },
    ),
    "Student": (
        "A student's profile, courses, progress, certificates, notifications and figures.",
        "{{student_token}}",
        {
            "show_me": {"checks": [Check("The caller is a student", "answer.data.role", "STUDENT")]},
            "change_me": {"body": {"bio": "Learns something every day."}},
            "list_enrollments": {"checks": [_FOUND]},
            "list_own_progress": {"checks": [_FOUND]},
            "list_certificates": {"checks": [_FOUND]},
            "list_notifications": {},
            "count_unread_notifications": {},
            "show_student_dashboard": {},
            "show_stats": {},
            "list_sessions": {"checks": [_FOUND]},
        },
    ),
    "Instructor": (
        "An instructor's courses with their roster, history and figures, and the preview of an assignment.",
        "{{instructor_token}}",
        {
            "show_me": {"checks": [Check("The caller is an instructor", "answer.data.role", "INSTRUCTOR")]},
            "list_my_courses": {"checks": [_FOUND]},
            "show_instructor_dashboard": {},
            "list_roster": {"checks": [_FOUND]},
            "show_course_analytics": {},
            "list_course_history": {"checks": [_FOUND]},
            "list_course_reviews": {},
            "assign_people": {
                "name": "Preview an assignment to your course",
                "body": _PREVIEW,
                "says": "Preview finished: nothing was changed.",
                "checks": [
                    Check("Nothing is written", "answer.data.state", "PREVIEW"),
                    Check("Who is unknown is not found", "answer.data.counts.not_found", 1),
                ],
            },
        },
    ),
    "Admin": (
        "Users, what waits for a decision, bulk runs and their rows, notices, and the check of the counters.",
        "{{admin_token}}",
        {
            "show_me": {"checks": [Check("The caller is an admin", "answer.data.role", "ADMIN")]},
            "show_admin_dashboard": {},
            "list_users": {"query": {"search": "erin"}, "checks": [_FOUND]},
            "show_user": {"saves": {"user_etag": "header('ETag')"}},
            "list_review_queue": {},
            "list_instructor_requests": {},
            "list_assignments": {"checks": [_FOUND]},
            "list_assignment_items": {"checks": [_FOUND]},
            "list_notices": {},
            "list_roster": {"query": {"overdue": "false"}, "checks": [_FOUND]},
            "verify_counters": {
                "checks": [Check("Every counter agrees with its rows", "answer.data.difference_count", 0)]
            },
        },
    ),
}


def folder(document: Document) -> Folder:
    folders = tuple(
        Folder(
            name,
            about,
            tuple(
                document.request(operation, token=token, **options) for operation, options in wanted.items()
            ),
        )
        for name, (about, token, wanted) in _ROLES.items()
    )
    return Folder("Roles", "What each role does every day. Send them as often as you like.", folders)
