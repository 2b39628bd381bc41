"""ASSIGNMENT_UNDONE: a bulk run that had assigned the user to a course, or reactivated an enrollment, was undone."""

from __future__ import annotations

from app.enums import EnrollmentStatus, NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import course_title, course_with_code
from app.values import client_pages
from app.values.client_pages import ClientPage


class AssignmentUndoneKind(Kind):
    name = NoticeKind.ASSIGNMENT_UNDONE
    loads = (loading.course, loading.enrollment)

    def wording(self, notice: Notice) -> Wording:
        return Wording(
            f"Your assignment to {course_title(notice)} was undone",
            f"{course_with_code(notice)} has been removed from your courses again: there is nothing you have to do.",
        )

    def obsolete_reason(self, notice: Notice) -> str | None:
        """The user has been assigned again, or has enrolled."""
        is_out = notice.enrollment is None or notice.enrollment.status == EnrollmentStatus.CANCELLED
        return None if is_out else "already_enrolled"

    def page(self, _: Notice) -> str:
        return client_pages.address(ClientPage.MY_COURSES)


KIND = AssignmentUndoneKind()
