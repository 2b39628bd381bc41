"""EMAIL_CHANGED: a warning to the old address that the account has another one."""

from __future__ import annotations

from app.enums import Channel, NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording


class EmailChangedKind(Kind):
    name = NoticeKind.EMAIL_CHANGED
    channels = (Channel.EMAIL,)
    is_urgent = True
    loads = (loading.email_change,)

    def wording(self, notice: Notice) -> Wording:
        new = notice.email_change.new_email if notice.email_change else "another one"
        return Wording(
            "Your email address was changed",
            f"The address of your Rollcall account is now {new}; nothing more is sent to this one. If this was not you, "
            "contact an admin at once.",
        )

    def obsolete_reason(self, notice: Notice) -> str | None:
        change = notice.email_change
        return "superseded" if change is None or change.confirmed_at is None else None

    def address(self, notice: Notice) -> str:
        return notice.email_change.old_email if notice.email_change else notice.user.email


KIND = EmailChangedKind()
