"""The link in a mail, and for people without a browser the request that does the same.

The token stands in the fragment, which browsers send to no server and name in no referrer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from app.enums import MailTokenPurpose, NoticeKind
from app.models.user import User
from app.services.messaging import mail_tokens
from app.settings import settings

_PURPOSES = {NoticeKind(purpose.value): purpose for purpose in MailTokenPurpose}
_PAGES = {
    MailTokenPurpose.VERIFY_EMAIL: "verify-email",
    MailTokenPurpose.RESET_PASSWORD: "reset-password",
    MailTokenPurpose.SET_PASSWORD: "set-password",
    MailTokenPurpose.CONFIRM_EMAIL: "confirm-email",
}
_ACTIONS = {**_PAGES, MailTokenPurpose.SET_PASSWORD: "reset-password"}
_CHOICE = {"new_password": "...", "new_password_confirm": "..."}


@dataclass(frozen=True)
class Link:
    token: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    """for the template"""


def make(user: User, kind: NoticeKind, address: str) -> Link | None:
    """A link with a token of its own, where this kind of mail carries one."""
    purpose = _PURPOSES.get(kind)
    if purpose is None:
        return None
    token = mail_tokens.mint(user, purpose, address)
    sets_password = purpose in mail_tokens.SETTING_PASSWORDS
    values = {
        "link": f"{settings().public_url}/#/{_PAGES[purpose]}?token={token}",
        "endpoint": f"{settings().public_url}/api/v1/auth/{_ACTIONS[purpose]}",
        "example": json.dumps({"token": token, **(_CHOICE if sets_password else {})}),
        "life": _spelled(mail_tokens.life_of(purpose)),
    }
    return Link(token, values)


def _spelled(life: timedelta) -> str:
    hours = life / timedelta(hours=1)
    if hours >= 48:
        return f"{hours / 24:g} days"
    if hours >= 1:
        return f"{hours:g} hour{'s' if hours > 1 else ''}"
    return f"{life / timedelta(minutes=1):g} minutes"
