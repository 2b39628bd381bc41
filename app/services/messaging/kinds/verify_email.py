"""VERIFY_EMAIL: the mailbox of a new account confirms its address."""

from __future__ import annotations

from datetime import timedelta

from app.enums import Channel, MailTokenPurpose, NoticeKind
from app.models.notice import Notice
from app.services.messaging.notice_kind import Kind, TokenLink, Wording
from app.settings import settings


class VerifyEmailKind(Kind):
    name = NoticeKind.VERIFY_EMAIL
    channels = (Channel.EMAIL,)
    is_urgent = True
    link = TokenLink(
        MailTokenPurpose.VERIFY_EMAIL,
        page="verify-email",
        endpoint="verify-email",
        life=lambda: timedelta(hours=settings().verification_token_hours),
    )

    def wording(self, _: Notice) -> Wording:
        return Wording(
            "Confirm your email address",
            "A Rollcall account was created with this address. If this was you, confirm the address and you can log in. "
            "If not, ignore this mail.",
        )

    def obsolete_reason(self, notice: Notice) -> str | None:
        return "already_verified" if notice.user.email_verified else None


KIND = VerifyEmailKind()
