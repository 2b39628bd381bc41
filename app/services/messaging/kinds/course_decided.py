"""COURSE_DECIDED: an admin approved, rejected or published the owner's course."""

from __future__ import annotations

from app.enums import NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import admin_note, change_of, course_page, course_title, course_with_code
from app.values.client_pages import ClientPage


class CourseDecidedKind(Kind):
    name = NoticeKind.COURSE_DECIDED
    loads = (loading.course, loading.change)

    def wording(self, notice: Notice) -> Wording:
        action, notes = change_of(notice)
        next_step = " You can change it and submit it again." if action == "rejected" else ""
        return Wording(
            f"{course_title(notice)} was {action}",
            f"Your course {course_with_code(notice)} was {action} by an admin.{next_step}{admin_note(notes)}",
        )

    def page(self, notice: Notice) -> str:
        return course_page(notice, ClientPage.TAUGHT_COURSE)


KIND = CourseDecidedKind()
