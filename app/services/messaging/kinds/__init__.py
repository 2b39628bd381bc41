"""The notice kinds, one module each: texts, channels, link, urgency, and when a notice is obsolete.

A new kind is a module here, named as the kind in lower case and with its `KIND`, and a member of `NoticeKind`. Every
module of this package is imported and registered.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy.orm.interfaces import ORMOption

from app.enums import Channel, MailTokenPurpose, NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, TokenLink


def _registered() -> dict[NoticeKind, Kind]:
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return {module.KIND.name: module.KIND for module in modules}


KINDS = _registered()
LINKS: dict[MailTokenPurpose, TokenLink] = {
    kind.link.purpose: kind.link for kind in KINDS.values() if kind.link
}
"""The links with a token, by the purpose of the token."""


def of(notice: Notice) -> Kind:
    return KINDS[notice.kind]


def obsolete_reason(notice: Notice) -> str | None:
    """The reason code with which a notice is suppressed on either channel; None while it is still to be sent."""
    return "user_inactive" if not notice.user.is_active else of(notice).obsolete_reason(notice)


def loads_for_inbox() -> tuple[ORMOption, ...]:
    """What the wording of any kind reads that is shown in the app."""
    return _loads(*(kind for kind in KINDS.values() if Channel.IN_APP in kind.channels))


def loads_for_sending() -> tuple[ORMOption, ...]:
    """The recipient, and what any kind reads."""
    return (loading.recipient(), *_loads(*KINDS.values()))


def _loads(*kinds: Kind) -> tuple[ORMOption, ...]:
    wanted = dict.fromkeys(load for kind in kinds for load in kind.loads)
    return tuple(load() for load in wanted)
