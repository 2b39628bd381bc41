"""An example request for every operation, which succeeds unchanged when an admin of the demo sends it.

Importers enable every parameter that has an example: filters are chosen so that together they find something. An
operation that is closed to admins is written for the role that may call it. Requests that undo what others need have
objects of their own, so that they can be sent in any order. The demo creates these objects: with the example of a request
that is `creating` them, or in `demo/examples.py` those that need more than one request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.values import versions
from app.web.openapi.examples.ids import (
    CERTIFICATE_NUMBER,
    EMAIL_TOKEN,
    NEW_EMAIL_TOKEN,
    PASSWORD_TOKEN,
    id_of,
)

PASSWORD = "Rollcall-demo-1"
"""The password of all demo users."""

COURSE = "first-aid-at-work"
INSTRUCTOR, STUDENT = "instructor2", "student"

_LONG_AGO, _FAR_AHEAD = "2026-01-01", "2035-12-31"


@dataclass(frozen=True)
class Request:
    """What an example puts into the path, the query and the body. The body is the schema's own where it is None.

    `headers` are those whose value differs from the usual one.
    """

    path: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    creates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def creating(self, objects: Mapping[str, Mapping[str, Any]]) -> Request:
        """The same request, with which the demo creates example objects.

        :param objects: by the name of each, the fields of the body that differ
        """
        return replace(self, creates=objects)


def _at(name: str, body: Mapping[str, Any] | None = None, **query: Any) -> Request:
    """At the example object of this name."""
    return Request(str(id_of(name)), query, body)


def _in(path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Request:
    """At what is known by a name of its own."""
    return Request(path, query, body)


def _with(**body: Any) -> Request:
    return Request(body=body)


def _where(**query: Any) -> Request:
    return Request(query=query)


def _ids(*names: str) -> list[str]:
    return [str(id_of(name)) for name in names]


def _first_choice(question: str) -> dict[str, Any]:
    """Responses to one question: its first choice."""
    return {"responses": [{"question_id": str(id_of(question)), "choices": [1]}]}


_ACCOUNTS = {
    "register": _with(
        email="ada@example.org",
        password="Analytical-Engine-1843",
        password_confirm="Analytical-Engine-1843",
        first_name="Ada",
        last_name="Lovelace",
        role="STUDENT",
    ),
    "verify_email": _with(token=EMAIL_TOKEN),
    "resend_verification": _with(email="newcomer@example.org"),
    "log_in": _with(email="admin@example.org", password=PASSWORD),
    "log_out": _with(),
    "end_session": _at("session to end"),
    "change_password": _with(old_password=PASSWORD, new_password=PASSWORD, new_password_confirm=PASSWORD),
    "change_email": _with(password=PASSWORD, new_email="admin.new@example.org"),
    "confirm_email": _with(token=NEW_EMAIL_TOKEN),
    "forgot_password": _with(email="student5@example.org"),
    "reset_password": _with(
        token=PASSWORD_TOKEN,
        new_password="Difference-Engine-1822",
        new_password_confirm="Difference-Engine-1822",
    ),
    "change_me": _with(phone_number="+44 20 7946 0958", bio="Looks after the platform."),
    "replace_me": _with(
        first_name="Alex", last_name="Admin", phone_number="+44 20 7946 0958", bio="Looks after the platform."
    ),
    "list_users": _where(
        role="STUDENT",
        is_active=True,
        email_verified=True,
        department="Finance",
        email="erin@example.org",
        username="erin",
        external_id="HR-1001",
        search="erin",
        ordering="-created_at",
    ),
    "create_user": _with(
        email="grace@example.org",
        first_name="Grace",
        last_name="Hopper",
        role="STUDENT",
        external_id="HR-1906",
        department="Finance",
        hired_on="2026-09-01",
    ),
    "import_users": _where(on_conflict="refuse", strict=True),
    "show_user": _at("user"),
    "change_user": _at("user", {"phone_number": "+44 20 7946 0123", "hired_on": "2026-09-01"}),
    "delete_user": _at("user to delete"),
    "set_role": _at("user to promote"),
    "activate_user": _at("user to activate"),
    "deactivate_user": _at("user to deactivate"),
    "grant_self_publish": _at("instructor to trust"),
    "revoke_self_publish": _at("instructor trusted"),
    "activate_users": _with(user_ids=_ids("user to activate with others")),
    "deactivate_users": _with(user_ids=_ids("user to deactivate with others")),
    "list_enrollments_of_user": _at(
        "user",
        status="ACTIVE",
        search="first",
        due_after=_LONG_AGO,
        due_before=_FAR_AHEAD,
        overdue=False,
        course=COURSE,
        ordering="-enrolled_at",
    ),
    "list_instructor_requests": _where(
        status="PENDING", user_id=str(id_of("petra")), search="petra", ordering="-created_at"
    ),
    "show_instructor_request": _at("instructor request"),
    "change_instructor_request": _at("instructor request"),
    "withdraw_instructor_request": _at("instructor request to withdraw"),
    "review_instructor_request": _at("instructor request to review"),
    "review_instructor_requests": _with(
        request_ids=_ids("instructor request to review with others"),
        status="REJECTED",
        review_notes="Please describe your experience.",
    ),
}

_CATALOGUE = {
    "list_categories": _where(search="safety", is_active=True, ordering="name"),
    "create_category": _with(name="Finance", description="Money and how to count it.", icon="coins"),
    "show_category": _in("health-and-safety"),
    "replace_category": _in(
        "languages", {"name": "Languages", "description": "For work and travel.", "icon": "globe"}
    ),
    "edit_category": _in("languages", {"description": "For work, travel and pleasure."}),
    "delete_category": _in("miscellaneous"),
    "list_courses": _where(
        search="first aid",
        category="health-and-safety",
        level="BEGINNER",
        is_free=True,
        min_price="0",
        max_price="100",
        instructor=INSTRUCTOR,
        has_seats=True,
        status="PUBLISHED",
        ordering="-published_at",
    ),
    "list_my_courses": _where(
        search="ladders",
        category="health-and-safety",
        level="BEGINNER",
        is_free=True,
        min_price="0",
        max_price="100",
        has_seats=True,
        status="DRAFT",
        ordering="-created_at",
    ),
    "show_course": _in(COURSE),
    "replace_course": _in("course-to-edit"),
    "edit_course": _in("course-to-edit"),
    "delete_course": _in("course-to-delete", force=True),
    "submit_course": _at("course to submit"),
    "withdraw_course": _at("course to withdraw"),
    "review_course": _at("course to review"),
    "publish_course": _at("course to publish"),
    "unpublish_course": _at("course to unpublish"),
    "archive_course": _at("course to archive"),
    "unarchive_course": _at("course to unarchive"),
    "replace_thumbnail": _in("course-to-edit"),
    "remove_thumbnail": _in("course-to-edit"),
    "list_course_history": _in(COURSE),
    "list_sections": _in(COURSE),
    "create_section": _at("course to edit").creating(
        {
            "section to edit": {"title": "Section to edit"},
            "section to delete": {"title": "Section to delete"},
            "section to reorder": {"title": "Section to reorder"},
        }
    ),
    "reorder_sections": _at("course to reorder", {"order": _ids("second section", "first section")}),
    "show_section": _at("section"),
    "replace_section": _at("section to edit"),
    "edit_section": _at("section to edit"),
    "delete_section": _at("section to delete"),
    "list_course_lessons": _in(COURSE),
    "create_course_lesson": _at("course to edit"),
    "list_section_lessons": _at("section"),
    "create_lesson": _with(
        section_id=str(id_of("section to edit")),
        title="What a ledger is",
        type="TEXT",
        content="# Ledgers\n\nEvery entry has *two* sides.",
        duration_seconds=300,
    ).creating(
        {
            "lesson to edit": {"title": "Lesson to edit"},
            "quiz": {"title": "Quiz", "type": "QUIZ"},
            "lesson to delete": {"title": "Lesson to delete"},
            "first lesson": {"section_id": str(id_of("section to reorder")), "title": "First lesson"},
            "second lesson": {"section_id": str(id_of("section to reorder")), "title": "Second lesson"},
        }
    ),
    "create_lessons": _with(
        section_id=str(id_of("section to edit")),
        lessons=[
            {"title": "Where entries come from", "type": "TEXT", "content": "Every receipt is one."},
            {"title": "Try it", "type": "QUIZ", "is_required": False},
        ],
    ),
    "reorder_lessons": _at("section to reorder", {"order": _ids("second lesson", "first lesson")}),
    "show_lesson": _at("lesson"),
    "replace_lesson": _at("lesson to edit"),
    "edit_lesson": _at("lesson to edit"),
    "delete_lesson": _at("lesson to delete"),
    "add_file": _at("lesson to edit"),
    "replace_video": _at("lesson to edit"),
    "show_file": _at("file"),
    "delete_file": _at("file to delete"),
    "show_quiz": _at("quiz to take"),
    "configure_quiz": _at("quiz"),
    "regrade_quiz": _at("quiz passed"),
    "show_quiz_statistics": _at("quiz passed"),
    "list_questions": _at("quiz"),
    "create_question": _at("quiz").creating(
        {
            "question": {"text": "Which side of a ledger does a loan belong to?"},
            "question to edit": {"text": "Which side does cash belong to?"},
            "question to delete": {"text": "Which side is left?"},
        }
    ),
    "reorder_questions": _at("quiz to reorder", {"order": _ids("second question", "first question")}),
    "import_questions": _at("quiz"),
    "export_questions": _at("quiz", format="gift"),
    "show_question": _at("question"),
    "replace_question": _at("question to edit"),
    "edit_question": _at("question to edit"),
    "delete_question": _at("question to delete"),
    "replace_question_image": _at("question to edit"),
    "remove_question_image": _at("question to edit"),
}

_LEARNING = {
    "enroll_in_course": _in(COURSE),
    "enroll": _with(course_id=str(id_of("course to review as a learner"))),
    "list_enrollments": _where(
        status="ACTIVE",
        search="first",
        due_after=_LONG_AGO,
        due_before=_FAR_AHEAD,
        overdue=False,
        course=COURSE,
        user_id=str(id_of("user")),
        ordering="-enrolled_at",
    ),
    "list_roster": _in(
        COURSE,
        status="ACTIVE",
        search="erin",
        due_after=_LONG_AGO,
        due_before=_FAR_AHEAD,
        overdue=False,
        ordering="name",
        format="json",
    ),
    "show_enrollment": _at("enrollment"),
    "leave_course": _at("enrollment to cancel"),
    "grade_enrollment": _at("enrollment"),
    "record_payment": _at("enrollment to pay"),
    "complete_lesson": _at("lesson"),
    "undo_lesson": _at("lesson"),
    "record_progress": _at("lesson"),
    "list_progress": _at("enrollment"),
    "list_own_progress": _in(COURSE),
    "explain_completion": _at("enrollment"),
    "add_homework_file": _at("homework"),
    "submit_homework": _at("homework"),
    "list_own_submissions": _at("homework"),
    "list_submissions": _at(
        "course with reviews",
        state="SUBMITTED",
        lesson_id=str(id_of("homework")),
        search="student",
        ordering="submitted_at",
    ),
    "show_submission": _at("submission"),
    "grade_submission": _at("submission to grade"),
    "list_attempts": _at(
        "quiz passed",
        user_id=str(id_of("admin")),
        state="SUBMITTED",
        is_passed=True,
        ordering="-score",
    ),
    "start_attempt": _at("quiz to take"),
    "show_attempt": _at("attempt"),
    "save_responses": _at("attempt to save", _first_choice("question to save")),
    "submit_attempt": _at("attempt to submit", _first_choice("question to submit")),
    "list_course_versions": _in(COURSE),
    "publish_course_version": _at("course with changes"),
    "show_course_version": _at("version"),
    "list_affected_completions": _at("version", ordering="completed_at"),
    "void_earlier_completions": _at("version"),
    "list_certificates": _where(ordering="-issued_at"),
    "show_certificate": _at("certificate"),
    "download_certificate": _at("certificate"),
    "verify_certificate": _in(CERTIFICATE_NUMBER),
    "show_badge": _in(CERTIFICATE_NUMBER),
    "revoke_certificate": _at("certificate to revoke"),
    "list_course_reviews": _in(
        COURSE, author_id=str(id_of("author")), rating=5, search="bandage", ordering="-created_at"
    ),
    "write_course_review": _in(COURSE),
    "list_reviews": _where(
        course_id=str(id_of("course")),
        author_id=str(id_of("author")),
        rating=5,
        search="bandage",
        ordering="-created_at",
    ),
    "write_review": _with(
        course_id=str(id_of("course to review as a learner")), rating=5, comment="Clear, and to the point."
    ).creating(
        {
            "review to edit": {
                "course_id": str(id_of("course with reviews")),
                "rating": 4,
                "comment": "Useful.",
            }
        }
    ),
    "show_review": _at("review"),
    "replace_review": _at("review to edit"),
    "edit_review": _at("review to edit"),
    "delete_review": _at("review to delete"),
}

_RUNNING = {
    "assign_person": _in(COURSE, {"email": "student4@example.org", "due_in_days": 30}),
    "assign_people": _in(
        COURSE,
        {
            "emails": ["student3@example.org", "unknown@example.org"],
            "external_ids": ["HR-1002"],
            "due_in_days": 30,
            "reason": "Yearly safety training",
        },
    ),
    "unassign_people": _in(
        COURSE, {"emails": ["student2@example.org"], "reason": "Moved to another department"}
    ),
    "create_assignment": _with(
        action="ASSIGN",
        course_ids=[COURSE],
        emails=["student3@example.org", "unknown@example.org"],
        due_in_days=30,
    ),
    "commit_assignment": Request(
        str(id_of("assignment to commit")),
        headers={"If-Match": versions.of_plan(id_of("assignment to commit"))},
    ),
    "cancel_assignment": _at("assignment to cancel"),
    "retry_assignment": _at("assignment to retry"),
    "undo_assignment": _at("assignment to undo", {"reason": "The wrong list"}),
    "list_assignments": _where(
        course=COURSE,
        course_id=COURSE,
        state="APPLIED",
        action="ASSIGN",
        created_by=str(id_of("admin")),
        created_after="2020-01-01T00:00:00Z",
        created_before="2100-01-01T00:00:00Z",
        search="safety",
        ordering="-created_at",
    ),
    "show_assignment": _at("assignment"),
    "list_assignment_items": _at(
        "assignment of an enrolled user",
        outcome="already_enrolled",
        code="already_enrolled",
        course_id=COURSE,
        user_id=str(id_of("user")),
        search="erin",
        format="json",
    ),
    "list_notices": _where(
        state="SENT",
        kind="ASSIGNMENT",
        channel="IN_APP",
        course=COURSE,
        user="erin@example.org",
        ordering="-created_at",
    ),
    "resend_notice": _at("notice"),
    "recalculate_course": _in(COURSE),
    "list_notifications": _where(is_read=False),
    "read_notification": _at("notification"),
    "show_course_analytics": _in(COURSE),
}

REQUESTS: dict[str, Request] = _ACCOUNTS | _CATALOGUE | _LEARNING | _RUNNING
"""By the name of the view. One that is not here has nothing to fill in but the paging of a list."""

PAGING = {"page": 1, "page_size": 20, "after": ""}

HEADERS = {
    "If-Match": "*",
    "If-None-Match": '"another-version"',
    "Idempotency-Key": "3f9a1c52-first-try",
    "Prefer": "wait=5",
}
"""Values that work without further knowledge: any version, a version that does not exist, a name for the request, and a
preference that a request which has nothing to wait for ignores."""

_SHEET = "email,due_at\nstudent3@example.org,2031-01-31\n"
FILES = {
    "assign_people": _SHEET,
    "unassign_people": _SHEET,
    "create_assignment": "email,course\nstudent3@example.org,first-aid-at-work\n",
    "add_file": "Every entry has two sides.\n",
    "add_homework_file": "The window is behind the screen.\n",
    "replace_video": "ledger.mp4",
    "import_questions": "::Debits::Assets are debits.{T}\n",
    "import_users": "email,first_name,last_name\nlinus@example.org,Linus,Example\n",
}
"""The content of the file, where it is text."""

FORMS = {
    "create_assignment": {"action": "ASSIGN"},
    "replace_question_image": {"alt": "An open ledger: debits on the left, credits on the right."},
}
"""What a form has to say beside its file."""
