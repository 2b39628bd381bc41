"""What parameters of the API are about, by name, where their field does not say so itself."""

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
    "ref": "The id or slug; of a course also its code.",
    "number": "The number printed on the certificate.",
    "page_size": "Rows per page.",
    "action": "Only runs that assigned, or only runs that unassigned.",
    "channel": "Only notices by mail, or only those in the app.",
    "department": "Only users of this department, written exactly like this.",
    "email_verified": "Only users whose email address is confirmed, or only the others.",
    "format": "`csv` answers the whole list as a spreadsheet.",
    "has_seats": "Only courses with a seat left, or only full ones.",
    "is_active": "Only what is active, or only what is not.",
    "is_free": "Only free courses, or only priced ones.",
    "is_read": "Only notifications that were read, or only unread ones.",
    "kind": "Only notices of this kind.",
    "level": "Only courses of this level.",
    "max_price": "Only courses that cost this much or less.",
    "min_price": "Only courses that cost this much or more.",
    "outcome": "Only rows with this outcome.",
    "rating": "Only reviews with this many stars.",
    "role": "Only users with this role.",
    "state": "Only what is in this state.",
    "status": "Only what has this status.",
}
