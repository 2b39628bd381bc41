"""RESET_PASSWORD: a user who has forgotten the password sets another one."""

from __future__ import annotations

from datetime import timedelta

from app.enums import Channel, MailTokenPurpose, NoticeKind
from app.models.notice import Notice
from app.services.messaging.notice_kind import Kind, TokenLink, Wording
from app.settings import settings


class ResetPasswordKind(Kind):
    name = NoticeKind.RESET_PASSWORD
    channels = (Channel.EMAIL,)
    is_urgent = True
    link = TokenLink(
        MailTokenPurpose.RESET_PASSWORD,
        page="reset-password",
        endpoint="reset-password",
        life=lambda: timedelta(minutes=settings().reset_token_minutes),
        sets_password=True,
    )

    def wording(self, _: Notice) -> Wording:
        return Wording(
            "Set a new password",
            "A new password was requested for your Rollcall account. If this was you, set it here. If not, "
            "ignore this mail: your password stays as it is.",
        )


KIND = ResetPasswordKind()
