"""PASSWORD_CHANGED: a warning that the password of the account was replaced."""

from __future__ import annotations

from app.enums import Channel, NoticeKind
from app.models.notice import Notice
from app.services.messaging.notice_kind import Kind, Wording
from app.values import client_pages
from app.values.client_pages import ClientPage


class PasswordChangedKind(Kind):
    name = NoticeKind.PASSWORD_CHANGED
    channels = (Channel.EMAIL,)
    is_urgent = True

    def wording(self, _: Notice) -> Wording:
        return Wording(
            "Your password was changed",
            "The password of your Rollcall account was changed. If this was not you, set a new one at once: that ends "
            "every session.",
        )

    def page(self, _: Notice) -> str:
        return client_pages.address(ClientPage.RESET)


KIND = PasswordChangedKind()
