"""COMPLETION: a learner has completed a course. The instructor is notified as well, by setting."""

from __future__ import annotations

from app.enums import NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import course_title, course_with_code, name_of


class CompletionKind(Kind):
    name = NoticeKind.COMPLETION
    loads = (loading.course, loading.enrollment, loading.learner)

    def wording(self, notice: Notice) -> Wording:
        learner = notice.enrollment.user if notice.enrollment else notice.user
        title, course = course_title(notice), course_with_code(notice)
        if notice.user_id == learner.id:
            return Wording(
                f"You have completed {title}", f"Well done! Your completion of {course} is on record."
            )
        name = name_of(learner)
        return Wording(f"{name} has completed {title}", f"{name} has completed your course {course}.")


KIND = CompletionKind()
