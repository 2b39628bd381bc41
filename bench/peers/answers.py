"""Rows shaped into the members of a response, by hand. Names and order are those of Rollcall's schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.peers.cursors import Links

Row = Mapping[str, Any]
Members = dict[str, Any]

PAGE = 20
MOST_COUNTED = 1_000


def page(
    rows: Sequence[Row],
    shape: Callable[[Row], Members],
    key: str,
    *,
    links: Links,
    path: str,
    query: Mapping[str, str],
) -> Members:
    """The first page of a list that is ordered by `key` and `id`; the rows are those of it, and the next one."""
    shown = rows[:PAGE]
    count = rows[0]["count"] if rows else 0
    following = None
    if len(rows) > PAGE:
        following = links.following(path, query, [shown[-1][key], shown[-1]["id"]])
    return {
        "data": [shape(row) for row in shown],
        "count": min(count, MOST_COUNTED),
        "count_is_exact": count <= MOST_COUNTED,
        "next": following,
        "previous": None,
        "page": 1,
        "page_size": PAGE,
    }


def course(row: Row) -> Members:
    return {
        "id": row["id"],
        "code": row["code"],
        "slug": row["slug"],
        "title": row["title"],
        "short_description": row["short_description"],
        "category": _category(row),
        "instructor": {
            "id": row["instructor_id"],
            "username": row["instructor_username"],
            "full_name": row["instructor_name"],
        },
        "level": row["level"],
        "price": row["price"],
        "currency": row["currency"],
        "display_price": {"amount": row["price"], "currency": row["currency"]},
        "is_free": row["is_free"],
        "thumbnail": row["thumbnail"],
        "duration_hours": row["duration_hours"],
        "class_starts": row["class_starts"],
        "admission_deadline": row["admission_deadline"],
        "is_admission_open": row["is_admission_open"],
        "schedule": row["schedule"],
        "venue": row["venue"],
        "total_seats": row["total_seats"],
        "available_seats": row["available_seats"],
        "is_full": row["is_full"],
        "is_enrolled": row["is_enrolled"],
        "enforce_order": row["enforce_order"],
        "status": row["status"],
        "enrollment_count": row["enrollment_count"],
        "average_rating": row["average_rating"],
        "total_reviews": row["total_reviews"],
        "lesson_count": row["lesson_count"],
        "published_at": row["published_at"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def course_page(row: Row, version: object, sections: object) -> Members:
    members = course(row)
    members["instructor"] |= {"bio": row["instructor_bio"], "profile_picture": row["instructor_picture"]}
    return members | {name: row[name] for name in _OF_PAGE} | {"version": version, "sections": sections}


_OF_PAGE = (
    "description",
    "preview_video",
    "requirements",
    "learning_outcomes",
    "target_audience",
    "who_can_join",
    "review_notes",
    "reviewed_by",
    "reviewed_at",
    "changed_since_review",
)


def enrollment(row: Row) -> Members:
    return {
        "id": row["id"],
        "course_id": row["course_id"],
        "course": {
            "id": row["course_id"],
            "code": row["code"],
            "title": row["title"],
            "slug": row["slug"],
            "thumbnail": row["thumbnail"],
        },
        "user_id": row["user_id"],
        "user": {"id": row["user_id"], "username": row["username"], "full_name": row["full_name"]},
        "status": row["status"],
        "source": row["source"],
        "assigned_by": row["assigned_by"],
        "enrolled_at": row["enrolled_at"],
        "completed_at": row["completed_at"],
        "completion_number": row["completion_number"],
        "course_version": row["course_version"],
        "renewal_required_at": row["renewal_required_at"],
        "cancelled_at": row["cancelled_at"],
        "cancellation_reason": row["cancellation_reason"],
        "reactivated_at": row["reactivated_at"],
        "due_at": row["due_at"],
        "grade": row["grade"],
        "price_at_enrollment": row["price_at_enrollment"],
        "currency": row["currency"],
        "payment_status": row["payment_status"],
        "total_lessons": row["total_lessons"],
        "completed_lessons": row["completed_lessons"],
        "completion_percentage": row["completion_percentage"],
        "optional_total": row["optional_total"],
        "optional_completed": row["optional_completed"],
        "is_completed": row["is_completed"],
        "last_accessed": row["last_accessed"],
        "resume_lesson_id": row["resume_lesson_id"],
        "certificate_number": row["certificate_number"],
    }


def person(row: Row) -> Members:
    return {name: row[name] for name in _OF_PERSON}


_OF_PERSON = (
    "id",
    "email",
    "username",
    "first_name",
    "last_name",
    "full_name",
    "phone_number",
    "bio",
    "profile_picture",
    "role",
    "is_active",
    "email_verified",
    "can_self_publish",
    "external_id",
    "department",
    "hired_on",
    "manager_id",
    "created_at",
)


def _category(row: Row) -> Members | None:
    if row["category_id"] is None:
        return None
    return {"id": row["category_id"], "name": row["category_name"], "slug": row["category_slug"]}
