"""What a notice kind defines: its texts, channels, recipient, link, and when it is obsolete.

Each kind is one module of `app/services/messaging/kinds/`, with a subclass of `Kind`. Texts are made from the rows when
a notice is sent or shown; nothing of them is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, NamedTuple

from sqlalchemy import ColumnElement
from sqlalchemy.orm.interfaces import ORMOption

from app.enums import Channel, MailTokenPurpose, NoticeKind
from app.models.notice import Notice
from app.values import client_pages
from app.values.client_pages import ClientPage


class Wording(NamedTuple):
    title: str
    """The subject of the mail, and the headline in the app."""
    body: str


@dataclass(frozen=True)
class TokenLink:
    """The link of a mail that carries a token."""

    purpose: MailTokenPurpose
    page: str
    """The page that takes the token, see `app.web.mail_pages`."""
    endpoint: str
    """The endpoint below `/auth` that takes it, for clients without that page."""
    life: Callable[[], timedelta]
    sets_password: bool = False
    valid_for: Callable[[], ColumnElement[str | None]] | None = None
    """The address that a token must have been mailed to when it is used; by default the account's own."""


class Kind:
    """A kind of notice. The defaults are those of a bulk notice on both channels that never becomes obsolete."""

    name: ClassVar[NoticeKind]
    channels: ClassVar[Collection[Channel]] = tuple(Channel)
    is_urgent: ClassVar[bool] = False
    """A user waits for this mail or is warned by it: written alone, it is sent before all bulk mail."""
    link: ClassVar[TokenLink | None] = None
    loads: ClassVar[Collection[Callable[[], ORMOption]]] = ()
    """What the methods below read, apart from the recipient. See `loading`."""

    def wording(self, notice: Notice) -> Wording:
        raise NotImplementedError

    def obsolete_reason(self, _: Notice) -> str | None:
        """The reason code with which the notice is suppressed instead of being sent; None while it is still of use."""
        return None

    def address(self, notice: Notice) -> str:
        """The mailbox that it is sent to."""
        return notice.user.email

    def page(self, _: Notice) -> str:
        """The address of the client's page about it, to which a mail without a token links."""
        return client_pages.address(ClientPage.HOME)

    def is_addressed_by_name(self, notice: Notice) -> bool:
        """Until an address is verified it may be a stranger's, and a name in the mail could be an advertisement."""
        return notice.user.email_verified
