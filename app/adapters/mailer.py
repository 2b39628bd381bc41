"""Sending mail by SMTP, or into a folder or the log for development.

A mail is composed completely before a connection is opened. A failed delivery raises `MailDeferred` when it is temporary
and `MailRejected` when it is permanent; any other error is a fault of this program with this one mail. No SMTP exchange
outlasts `MAIL_TIMEOUT_SECONDS`, however slowly the server responds.
"""

from __future__ import annotations

import email.policy
import logging
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from threading import Timer
from typing import Protocol

from flask import Flask, current_app
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.adapters import mail_headers
from app.settings import settings
from config import Config

log = logging.getLogger("app.mailer")

LONGEST_LINE = 990

_CLOSING = 421
"""The reply code of a server that closes the connection."""

_EXTENSION = "rollcall-mail-templates"


class MailDeferred(Exception):
    """A temporary failure. With `is_everywhere` the server itself fails, so that the next mail would fail, too."""

    def __init__(self, reason: str, *, is_everywhere: bool = False) -> None:
        self.is_everywhere = is_everywhere
        super().__init__(reason)


class MailRejected(Exception):
    """A permanent failure: the server refused this sender, recipient or content."""


@dataclass(frozen=True)
class Mail:
    """One mail to one recipient. `message_id` stays the same for every attempt to send it.

    `secret` is for the recipient alone: it occurs in `values`, and is never logged.
    """

    to_name: str
    to_address: str
    subject: str
    template: str
    message_id: str
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Message:
    """A mail in its final form: the envelope, and every byte of the content."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)
    text: str = field(repr=False)


class Carrier(Protocol):
    """Takes mails, one after the other."""

    def send(self, mail: Mail) -> None: ...


def init_app(app: Flask) -> None:
    loader = FileSystemLoader(Path(app.root_path) / "templates" / "mail")
    app.extensions[_EXTENSION] = Environment(
        loader=loader,
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@contextmanager
def carrier() -> Iterator[Carrier]:
    """The transport that `MAIL_TRANSPORT` names; an SMTP connection is opened by the first mail and kept."""
    config = settings()
    if config.mail_transport == "file":
        yield _Folder(Path(config.mail_file_dir))
    elif config.mail_transport == "log":
        yield _Log()
    else:
        smtp = _Smtp(config)
        try:
            yield smtp
        finally:
            smtp.hang_up()


def check_server() -> None:
    """Connect to the SMTP server and log in, as for a mail. MailDeferred says why that fails."""
    smtp = _Smtp(settings())
    smtp.try_out()


def compose(mail: Mail) -> Message:
    """The complete mail, in text and HTML. An invalid address is rejected."""
    from_name, from_address = parseaddr(settings().mail_from)
    sender, recipient = _valid(from_address), _valid(mail.to_address)
    fields = (
        mail_headers.address_field("From", _one_line(from_name), sender),
        mail_headers.address_field("To", _one_line(mail.to_name), recipient),
        mail_headers.text_field("Subject", _one_line(f"{settings().mail_subject_prefix} {mail.subject}")),
        f"Date: {format_datetime(datetime.now(UTC))}",
        f"Message-ID: {mail.message_id}",
        f"X-Entity-Ref-ID: {mail.message_id.strip('<>')}",
        "Auto-Submitted: auto-generated",
    )
    values = {"public_url": settings().public_url, "to_name": _one_line(mail.to_name), **mail.values}
    templates: Environment = current_app.extensions[_EXTENSION]
    text = templates.get_template(f"{mail.template}.txt").render(values)
    body = EmailMessage(policy=email.policy.SMTP)
    body.set_content(text, cte="7bit" if _is_plain(text) else None)
    body.add_alternative(templates.get_template(f"{mail.template}.html").render(values), subtype="html")
    head = "".join(f"{field}\r\n" for field in fields).encode("ascii")
    return Message(sender, recipient, head + body.as_bytes(), text)


def _valid(address: str) -> str:
    if not address.isascii():
        raise MailRejected("no valid address: it is not ASCII")
    try:
        return Address(addr_spec=address).addr_spec
    except (HeaderParseError, ValueError, IndexError) as error:
        raise MailRejected(f"no valid address: {error}") from error


def _one_line(text: str) -> str:
    """Prevent header injection: text that a user typed must not end the line and start another header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _is_plain(text: str) -> bool:
    """Whether a link in it can stay in one piece: nothing has to be encoded, no line is too long for SMTP."""
    return text.isascii() and max(map(len, text.splitlines()), default=0) <= LONGEST_LINE


class _Log:
    def send(self, mail: Mail) -> None:
        message = compose(mail)
        log.info(
            "mail %s to %s: %s\n%s",
            mail.message_id,
            message.recipient,
            _one_line(mail.subject),
            message.text.replace(mail.secret, "[kept out of the log]") if mail.secret else message.text,
        )


class _Folder:
    """A file per Message-ID, complete from the moment it has its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, mail: Mail) -> None:
        content = compose(mail).content
        name = mail.message_id.strip("<>").partition("@")[0]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = self.folder / f".{name}.part"
            unfinished.write_bytes(content)
            unfinished.rename(self.folder / f"{name}.eml")
        except OSError as error:
            raise MailDeferred(f"mail folder: {error.strerror}", is_everywhere=True) from error


class _Smtp:
    """One connection for a batch. It survives a refused recipient; after any other error the next mail opens a new one."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.connection: smtplib.SMTP | None = None

    def send(self, mail: Mail) -> None:
        message = compose(mail)
        with self._limited() as limit:
            connection = self.connection or self._connect(limit)
            try:
                connection.sendmail(message.sender, message.recipient, message.content)
            except smtplib.SMTPRecipientsRefused as refusal:
                code, text = next(iter(refusal.recipients.values()))
                if code == _CLOSING:
                    self._drop()
                raise _verdict(code, text) from refusal
            except smtplib.SMTPResponseException as refusal:
                # The connection may be closed, or the server still in the middle of this mail.
                self._drop()
                raise _verdict(refusal.smtp_code, refusal.smtp_error) from refusal
            except (smtplib.SMTPException, OSError) as error:
                self._drop()
                raise MailDeferred(f"SMTP connection lost: {_named(error)}") from error
            except BaseException:
                # An error of this program, or the end of the job: the server may still be in the middle of this mail.
                self._drop()
                raise

    def try_out(self) -> None:
        with self._limited() as limit:
            self._connect(limit)
        self.hang_up()

    def hang_up(self) -> None:
        with suppress(smtplib.SMTPException, OSError), self._limited():
            if self.connection is not None:
                self.connection.quit()
        self._drop()

    def _connect(self, limit: _Limit) -> smtplib.SMTP:
        config = self.config
        try:
            self.connection = connection = self._dial()
            limit.check()
            if config.mail_security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if config.mail_username:
                connection.login(config.mail_username, config.mail_password)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            # A ValueError is a setting that cannot be sent, such as a password that is not ASCII.
            self._drop()
            raise MailDeferred(f"SMTP server: {_named(error)}", is_everywhere=True) from error
        return connection

    def _dial(self) -> smtplib.SMTP:
        host, port = self.config.mail_host, self.config.mail_port
        name, timeout = self.config.mail_domain, self.config.mail_timeout_seconds
        if self.config.mail_security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, name, timeout=timeout, context=context)
        return smtplib.SMTP(host, port, name, timeout=timeout)

    @contextmanager
    def _limited(self) -> Iterator[_Limit]:
        """Close the connection when the whole exchange takes too long; the socket's timeout limits only a single wait."""
        limit = _Limit()

        def cut() -> None:
            limit.is_over = True
            with suppress(OSError, AttributeError):
                self.connection.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

        timer = Timer(self.config.mail_timeout_seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield limit
        finally:
            timer.cancel()

    def _drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


@dataclass
class _Limit:
    is_over: bool = False

    def check(self) -> None:
        if self.is_over:
            raise TimeoutError


def _verdict(code: int, text: bytes | str) -> MailDeferred | MailRejected:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    reason = f"SMTP {code} {_one_line(said)}"[:200]
    return MailRejected(reason) if code >= 500 else MailDeferred(reason)


def _named(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return str(_verdict(error.smtp_code, error.smtp_error))
    return type(error).__name__
