"""The link in a mail, and for clients without a browser the request that does the same.

The page is a plain form that works without a script, so the token is in the query of the address: our logs have routes
and no queries, our pages name no referrer, and opening the link does not spend the token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from app.models.user import User
from app.services.messaging import mail_tokens
from app.services.messaging.notice_kind import TokenLink
from app.settings import settings

_CHOICE = {"new_password": "...", "new_password_confirm": "..."}


@dataclass(frozen=True)
class MailLink:
    token: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    """for the template"""


def make(user: User, link: TokenLink, address: str) -> MailLink:
    """The link of a mail to this address, with a token of its own."""
    token = mail_tokens.mint(user, link.purpose, address)
    values = {
        "link": f"{settings().public_url}/mail/{link.page}?token={token}",
        "endpoint": f"{settings().public_url}/api/v1/auth/{link.endpoint}",
        "example": json.dumps({"token": token, **(_CHOICE if link.sets_password else {})}),
        "life": _spelled(link.life()),
    }
    return MailLink(token, values)


def _spelled(life: timedelta) -> str:
    hours = life / timedelta(hours=1)
    if hours >= 48:
        return f"{hours / 24:g} days"
    if hours >= 1:
        return f"{hours:g} hour{'s' if hours > 1 else ''}"
    return f"{life / timedelta(minutes=1):g} minutes"
