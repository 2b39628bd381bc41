"""Mails that `MAIL_TRANSPORT=file` has written, for testers to read in development."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from app.settings import settings

_TOKEN = re.compile(r"[?&]token=([\w-]+)")
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class WrittenMail:
    message_id: str
    to: str
    subject: str
    sent_at: datetime
    text: str
    link: str | None
    """The first link of the text."""
    token: str | None
    """The token of that link, if it has one."""


def newest(limit: int, to: str = "") -> list[WrittenMail]:
    """The newest mails, or the newest to one address, newest first."""
    if settings().mail_transport != "file":
        return []
    found: list[WrittenMail] = []
    for path in _newest_first(Path(settings().mail_file_dir)):
        mail = _read(path)
        if not to or mail.to.lower() == to.strip().lower():
            found.append(mail)
        if len(found) == limit:
            break
    return found


def clear() -> None:
    """Delete every mail of the folder."""
    if settings().mail_transport == "file":
        for path in Path(settings().mail_file_dir).glob("*.eml"):
            path.unlink(missing_ok=True)


def _newest_first(folder: Path) -> list[Path]:
    """Message-IDs are in the order of time, which is finer than that of the files."""
    return sorted(folder.glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def _read(path: Path) -> WrittenMail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    text = str(body.get_content()) if isinstance(body, EmailMessage) else ""
    link = _LINK.search(text)
    token = _TOKEN.search(link[0]) if link else None
    return WrittenMail(
        message_id=str(message["Message-ID"]),
        to=message["To"].addresses[0].addr_spec,
        subject=str(message["Subject"]),
        sent_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        text=text,
        link=link[0] if link else None,
        token=token[1] if token else None,
    )
