"""RENEWAL_REQUIRED: a new version of the course has made the learner's completion void."""

from __future__ import annotations

from app.enums import EnrollmentStatus, NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import course_page, course_title, course_with_code
from app.values import days


class RenewalRequiredKind(Kind):
    name = NoticeKind.RENEWAL_REQUIRED
    loads = (loading.course, loading.enrollment)

    def wording(self, notice: Notice) -> Wording:
        due_at = notice.enrollment.due_at if notice.enrollment else None
        until = f" by {days.spelled(due_at)}" if due_at else ""
        return Wording(
            f"Please complete {course_title(notice)} again",
            f"{course_with_code(notice)} has changed, and your completion has to be renewed{until}. What you have done of"
            " its unchanged lessons still counts, and your former certificate stays verifiable.",
        )

    def obsolete_reason(self, notice: Notice) -> str | None:
        """The learner has renewed it, or has left the course."""
        if notice.enrollment is None or notice.enrollment.status == EnrollmentStatus.ACTIVE:
            return None
        return "already_completed" if notice.enrollment.is_completed else "not_enrolled"

    def page(self, notice: Notice) -> str:
        return course_page(notice)


KIND = RenewalRequiredKind()
