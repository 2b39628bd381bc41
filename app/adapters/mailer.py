"""Mail out, by SMTP or into a sink for development.

A mail is composed down to its bytes before anything is dialled. One that could not be handed over raises: `MailDeferred`
when it may go through later, `MailRejected` when it never will; any other error is a fault of ours with this one mail. No
exchange outlasts `MAIL_TIMEOUT_SECONDS`, however slowly the server drips.
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
"""What a server says before it closes the line."""

_EXTENSION = "rollcall-mail-templates"


class MailDeferred(Exception):
    """Not now. With `is_everywhere` it is the server that fails, so that the next mail would fare no better."""

    def __init__(self, reason: str, *, is_everywhere: bool = False) -> None:
        self.is_everywhere = is_everywhere
        super().__init__(reason)


class MailRejected(Exception):
    """Never: the server refused this sender, recipient or text for good."""


@dataclass(frozen=True)
class Mail:
    """One mail to one person. `message_id` is its own for good: the same however often it is tried.

    `secret` is for the reader alone: it stands somewhere in `values`, and in no log.
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


def compose(mail: Mail) -> Message:
    """The mail as it goes over the wire, in text and HTML. What is not a valid address is rejected."""
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
    except (HeaderParseError, ValueError, IndexError) as problem:
        raise MailRejected(f"no valid address: {problem}") from problem


def _one_line(text: str) -> str:
    """A header ends where its line does: nothing a person typed may start another."""
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
        except OSError as problem:
            raise MailDeferred(f"mail folder: {problem.strerror}", is_everywhere=True) from problem


class _Smtp:
    """One connection for a batch. It outlives a recipient that is refused; after other trouble the next mail opens a new one."""

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
                # The line may be closed, or the server still in the middle of this mail.
                self._drop()
                raise _verdict(refusal.smtp_code, refusal.smtp_error) from refusal
            except (smtplib.SMTPException, OSError) as problem:
                self._drop()
                raise MailDeferred(f"SMTP connection lost: {_named(problem)}") from problem
            except BaseException:
                # An error of ours, or the end of the job: the server may still be in the middle of this mail.
                self._drop()
                raise

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
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            # A ValueError is a setting that cannot be sent, such as a password that is not ASCII.
            self._drop()
            raise MailDeferred(f"SMTP server: {_named(problem)}", is_everywhere=True) from problem
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
        """Cut the line when the whole exchange takes too long; the socket's own timeout limits a single wait."""
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


def _named(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        return str(_verdict(problem.smtp_code, problem.smtp_error))
    return type(problem).__name__
