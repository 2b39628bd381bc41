"""CONFIRM_EMAIL: the new mailbox confirms a change of address that the user asked for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, select

from app.enums import Channel, MailTokenPurpose, NoticeKind
from app.models.email_change import EmailChange
from app.models.notice import Notice
from app.models.user import User
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, TokenLink, Wording
from app.settings import settings


def _requested_address() -> ColumnElement[str | None]:
    requested = select(EmailChange.new_email).where(
        EmailChange.user_id == User.id, EmailChange.confirmed_at.is_(None)
    )
    return requested.correlate(User).scalar_subquery()


class ConfirmEmailKind(Kind):
    name = NoticeKind.CONFIRM_EMAIL
    channels = (Channel.EMAIL,)
    is_urgent = True
    link = TokenLink(
        MailTokenPurpose.CONFIRM_EMAIL,
        page="confirm-email",
        endpoint="confirm-email",
        life=lambda: timedelta(hours=settings().verification_token_hours),
        valid_for=_requested_address,
    )
    loads = (loading.email_change,)

    def wording(self, _: Notice) -> Wording:
        return Wording(
            "Confirm your new email address",
            "A Rollcall account has asked to use this address. If this was you, confirm it; you will then log in with it. "
            "If not, ignore this mail.",
        )

    def obsolete_reason(self, notice: Notice) -> str | None:
        """A request that was replaced or cancelled is deleted; one that was confirmed needs no token."""
        change = notice.email_change
        return "superseded" if change is None or change.confirmed_at is not None else None

    def address(self, notice: Notice) -> str:
        return notice.email_change.new_email if notice.email_change else notice.user.email

    def is_addressed_by_name(self, _: Notice) -> bool:
        """What is verified is the account's own address, not this one."""
        return False


KIND = ConfirmEmailKind()
