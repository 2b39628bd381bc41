"""INSTRUCTOR_REQUEST_DECIDED: an admin approved or rejected the applicant's request."""

from __future__ import annotations

from app.enums import NoticeKind, RequestStatus
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import admin_note
from app.values import client_pages
from app.values.client_pages import ClientPage


class InstructorRequestDecidedKind(Kind):
    name = NoticeKind.INSTRUCTOR_REQUEST_DECIDED
    loads = (loading.request,)

    def wording(self, notice: Notice) -> Wording:
        request = notice.request
        if request is not None and request.status == RequestStatus.APPROVED:
            title, meaning = (
                "You are an instructor now",
                "An admin approved your request: you can create courses.",
            )
        else:
            title = "Your request to become an instructor was rejected"
            meaning = "An admin did not approve your request to become an instructor."
        return Wording(title, meaning + admin_note(request.review_notes if request else ""))

    def page(self, notice: Notice) -> str:
        is_approved = notice.request is not None and notice.request.status == RequestStatus.APPROVED
        return client_pages.address(ClientPage.TEACHING if is_approved else ClientPage.BECOME_INSTRUCTOR)


KIND = InstructorRequestDecidedKind()
