"""Phrases that the texts of notices share.

What users typed is quoted in mail that carries the platform's name, so it is kept on one line and cut to a length.
"""

from __future__ import annotations

from decimal import Decimal
from textwrap import shorten

from app.models.notice import Notice
from app.models.submission import Submission
from app.models.user import User
from app.values import client_pages
from app.values.client_pages import ClientPage

LONGEST_QUOTE = 500


def course_title(notice: Notice) -> str:
    return " ".join(notice.course.title.split()) if notice.course else "A course"


def course_with_code(notice: Notice) -> str:
    return f"{course_title(notice)} ({notice.course.code})" if notice.course else "A course"


def course_page(notice: Notice, page: ClientPage = ClientPage.COURSE) -> str:
    """The address of a page of the course, or of the front page where there is none any more."""
    if notice.course is None or notice.course.is_deleted:
        return client_pages.address(ClientPage.HOME)
    return client_pages.address(page, notice.course.slug)


def change_of(notice: Notice) -> tuple[str, str]:
    """What was done to the course, as a verb, and the notes about it."""
    return (notice.change.action, notice.change.notes) if notice.change else ("changed", "")


def name_of(user: User) -> str:
    return " ".join((user.full_name or user.username).split())


def quoted(text: str) -> str:
    return shorten(text, LONGEST_QUOTE, placeholder=" …")


def admin_note(notes: str) -> str:
    """The remark of an admin as a last sentence; nothing where there is none."""
    note = quoted(notes)
    return f" The admin's note: {note}" if note else ""


def points_of(submission: Submission) -> str:
    """`8.5 of 10`"""
    return f"{_short(submission.points)} of {_short(submission.max_points)}"


def _short(points: Decimal | None) -> str:
    return f"{points or 0:f}".rstrip("0").rstrip(".") if points else "0"


def field_name(field: str) -> str:
    """A field in words: `category_id` is the category."""
    return field.removesuffix("_id").replace("_", " ")
