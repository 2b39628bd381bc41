"""ASSIGNMENT: a bulk run assigned the user to a course, or reactivated an enrollment."""

from __future__ import annotations

from app.enums import EnrollmentStatus, NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import course_page, course_title, course_with_code
from app.values import days


class AssignmentKind(Kind):
    name = NoticeKind.ASSIGNMENT
    loads = (loading.course, loading.enrollment)

    def wording(self, notice: Notice) -> Wording:
        enrollment = notice.enrollment
        request = ""
        if enrollment is not None and enrollment.is_completed:
            request = " You have already completed it: there is nothing you have to do."
        elif enrollment is not None and enrollment.due_at:
            request = f" Please complete it by {days.spelled(enrollment.due_at)}."
        return Wording(
            f"You have been assigned to {course_title(notice)}",
            f"{course_with_code(notice)} has been added to your courses.{request}",
        )

    def obsolete_reason(self, notice: Notice) -> str | None:
        has_left = notice.enrollment is not None and notice.enrollment.status == EnrollmentStatus.CANCELLED
        return "not_enrolled" if has_left else None

    def page(self, notice: Notice) -> str:
        return course_page(notice)


KIND = AssignmentKind()
