"""Descriptions of parameters by name, where their field has none."""

from __future__ import annotations

_ONE = "The {} by its id."

DESCRIPTIONS = {
    "assignment_id": _ONE.format("bulk run"),
    "certificate_id": _ONE.format("certificate"),
    "course_id": "The course by its id, slug or code.",
    "enrollment_id": _ONE.format("enrollment"),
    "lesson_id": _ONE.format("lesson"),
    "notice_id": _ONE.format("notice"),
    "notification_id": _ONE.format("notification"),
    "request_id": _ONE.format("instructor request"),
    "review_id": _ONE.format("review"),
    "section_id": _ONE.format("section"),
    "session_id": _ONE.format("session"),
    "user_id": _ONE.format("user"),
    "ref": "The id or slug; for a course also its code.",
    "number": "The number printed on the certificate.",
    "page_size": "Rows per page, from 1 to 100.",
    "action": "Only runs with this action: ASSIGN or UNASSIGN.",
    "created_after": "Only runs that were accepted after this moment.",
    "created_before": "Only runs that were accepted before this moment.",
    "created_by": "Only runs of this user, by id.",
    "channel": "Only notices on this channel: by mail or in the app.",
    "department": "Only users of exactly this department.",
    "email_verified": "true: only users whose email address is confirmed; false: only the others.",
    "format": "`csv` returns the whole list as CSV.",
    "has_seats": "true: only courses with a seat left; false: only full ones.",
    "is_active": "true: only active ones; false: only inactive ones.",
    "is_free": "true: only free courses; false: only priced ones.",
    "is_read": "true: only read notifications; false: only unread ones.",
    "kind": "Only notices of this kind.",
    "level": "Only courses of this level.",
    "max_price": "Only courses that cost this much or less.",
    "min_price": "Only courses that cost this much or more.",
    "outcome": "Only rows with this outcome.",
    "rating": "Only reviews with this many stars.",
    "role": "Only users with this role.",
    "state": "Only those in this state.",
    "status": "Only those with this status.",
}
