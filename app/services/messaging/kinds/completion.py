"""COMPLETION: a learner has completed a course. The instructor is notified as well, by setting."""

from __future__ import annotations

from app.enums import NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import course_page, course_title, course_with_code, name_of
from app.values import client_pages
from app.values.client_pages import ClientPage


class CompletionKind(Kind):
    name = NoticeKind.COMPLETION
    loads = (loading.course, loading.enrollment, loading.learner, loading.certificate)

    def wording(self, notice: Notice) -> Wording:
        learner = notice.enrollment.user if notice.enrollment else notice.user
        title, course = course_title(notice), course_with_code(notice)
        if notice.user_id == learner.id:
            number = f" Your certificate: {notice.certificate.number}." if notice.certificate else ""
            return Wording(
                f"You have completed {title}",
                f"Well done! Your completion of {course} is on record.{number}",
            )
        name = name_of(learner)
        return Wording(f"{name} has completed {title}", f"{name} has completed your course {course}.")

    def page(self, notice: Notice) -> str:
        if notice.enrollment is not None and notice.user_id != notice.enrollment.user_id:
            return course_page(notice, ClientPage.ROSTER)
        if notice.certificate is None:
            return course_page(notice)
        return client_pages.address(ClientPage.CERTIFICATE, notice.certificate.number)


KIND = CompletionKind()
