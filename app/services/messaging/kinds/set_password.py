"""SET_PASSWORD: the invitation to set the first password of an account that an admin or an import created."""

from __future__ import annotations

from datetime import timedelta

from app.enums import Channel, MailTokenPurpose, NoticeKind
from app.models.notice import Notice
from app.services.messaging.notice_kind import Kind, TokenLink, Wording
from app.settings import settings


class SetPasswordKind(Kind):
    name = NoticeKind.SET_PASSWORD
    channels = (Channel.EMAIL,)
    is_urgent = True
    link = TokenLink(
        MailTokenPurpose.SET_PASSWORD,
        page="set-password",
        endpoint="reset-password",
        life=lambda: timedelta(hours=settings().invitation_token_hours),
        sets_password=True,
    )

    def wording(self, _: Notice) -> Wording:
        return Wording(
            "Your Rollcall account is waiting",
            "A Rollcall account was created for you. Choose a password, then you can log in with this address.",
        )

    def obsolete_reason(self, notice: Notice) -> str | None:
        return "password_set" if notice.user.password_hash is not None else None


KIND = SetPasswordKind()
