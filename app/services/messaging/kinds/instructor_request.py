"""INSTRUCTOR_REQUEST: a user asks to become an instructor. Every active admin is notified."""

from __future__ import annotations

from app.enums import NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import name_of, quoted
from app.values import client_pages
from app.values.client_pages import ClientPage


class InstructorRequestKind(Kind):
    name = NoticeKind.INSTRUCTOR_REQUEST
    loads = (loading.request, loading.applicant)

    def wording(self, notice: Notice) -> Wording:
        if notice.request is None:
            return Wording("A request to become an instructor", "It has been withdrawn.")
        name = name_of(notice.request.user)
        reason = quoted(notice.request.reason)
        return Wording(
            f"{name} asks to become an instructor",
            f"{name} is waiting for your decision.{f' Their reason: {reason}' if reason else ''}",
        )

    def obsolete_reason(self, notice: Notice) -> str | None:
        """A withdrawn request is deleted."""
        is_pending = notice.request is not None and notice.request.is_pending
        return None if is_pending else "already_decided"

    def page(self, _: Notice) -> str:
        return client_pages.address(ClientPage.INSTRUCTOR_REQUESTS)


KIND = InstructorRequestKind()
