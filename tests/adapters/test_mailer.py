"""Mails are what they seem: one recipient, headers intact, nothing a person typed becomes markup."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import logging
import smtplib
import socket
import threading
import time
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from app.adapters import mailer
from app.adapters.mailer import MailDeferred, MailRejected
from tests.support.mail import MAIL


@pytest.fixture
def send(app):
    def run(*mails):
        with app.app_context(), mailer.carrier() as carrier:
            for mail in mails:
                carrier.send(mail)

    return run


@pytest.fixture
def composed(app):
    """The message as a reader parses it."""

    def run(**changes):
        with app.app_context():
            content = mailer.compose(dataclasses.replace(MAIL, **changes)).content
        return email.message_from_bytes(content, policy=email.policy.default)

    return run


@pytest.mark.parametrize(
    "typed",
    [
        "Fire\r\nBcc: x@example.org",
        "Fire\nBcc: x@example.org",
        "Fire\rBcc: x@example.org",
        "Fire\u2028Bcc: x@example.org",
        "Fire\x0b\x0c\x1c\x85Bcc: x@example.org",
        "Fire\r\n\r\n<script>",
        "\x00Fire \u202e",
        "F" * 500,
        "Füße 🔥",
    ],
)
def test_nothing_typed_starts_a_header(typed, composed):
    message = composed(subject=typed, to_name=typed)

    assert sorted(message.keys()) == sorted(
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "X-Entity-Ref-ID",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type",
        ]
    )
    assert [each.addr_spec for each in message["To"].addresses] == ["ada@example.org"]


def test_what_a_person_typed_is_text_in_html(composed):
    message = composed(
        values={**MAIL.values, "title": "t", "body": "<script>alert(1)</script> & {{ 7 * 7 }}"}
    )

    html = message.get_body(("html",)).get_content()
    text = message.get_body(("plain",)).get_content()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7 * 7 }}" in html
    assert "<script>alert(1)</script> & {{ 7 * 7 }}" in text


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nRCPT TO:<x@y>", "ü@example.org", "a@b, c@d"])
def test_what_is_no_address_is_rejected(address, composed):
    with pytest.raises(MailRejected):
        composed(to_address=address)


def test_the_folder_has_a_file_per_message_id(send, setting, tmp_path):
    setting(mail_transport="file", mail_file_dir=str(tmp_path / "new"))

    send(MAIL, MAIL, dataclasses.replace(MAIL, message_id="<one.2@rollcall.example>"))

    assert sorted(path.name for path in Path(tmp_path, "new").iterdir()) == ["one.2.eml", "one.eml"]


def test_a_folder_that_cannot_be_written_defers(send, setting, tmp_path):
    (tmp_path / "file").write_text("in the way")
    setting(mail_transport="file", mail_file_dir=str(tmp_path / "file"))

    with pytest.raises(MailDeferred):
        send(MAIL)


def test_a_mail_that_cannot_be_composed_dials_no_server(app, smtp):
    with app.app_context(), mailer.carrier() as carrier:
        with pytest.raises(UndefinedError):
            carrier.send(dataclasses.replace(MAIL, values={}))
        carrier.send(MAIL)

    assert (smtp.connections, len(smtp.taken)) == (1, 1)


def test_an_error_in_the_middle_of_a_mail_costs_the_connection(app, smtp, monkeypatch):
    """The server may still wait for the rest of it."""
    with app.app_context(), mailer.carrier() as carrier:
        with monkeypatch.context() as broken:
            broken.setattr(smtplib.SMTP, "data", lambda *_: None / 1)
            with pytest.raises(TypeError):
                carrier.send(MAIL)
        carrier.send(MAIL)

    assert (smtp.connections, len(smtp.taken)) == (2, 1)


def test_a_password_that_smtp_cannot_carry_is_the_servers_trouble_and_not_the_letters(send, smtp, setting):
    setting(mail_transport="smtp", mail_port=smtp.port, mail_username="ü", mail_password="é")

    with pytest.raises(MailDeferred) as raised:
        send(MAIL)

    assert raised.value.is_everywhere


def test_the_log_shows_the_mail(send, setting, caplog):
    setting(mail_transport="log")

    with caplog.at_level(logging.INFO):
        send(MAIL)

    assert "You have completed Fire safety" in caplog.text
    assert "Well done!" in caplog.text


@pytest.mark.parametrize(("mood", "kind"), [("temporary", MailDeferred), ("permanent", MailRejected)])
def test_the_server_has_the_word(mood, kind, send, smtp):
    smtp.mood = mood

    with pytest.raises(kind, match=r"SMTP [45]5"):
        send(MAIL)


def test_after_a_refusal_the_connection_goes_on(app, smtp):
    smtp.hostile.add("gone@example.org")

    with app.app_context(), mailer.carrier() as carrier:
        with pytest.raises(MailRejected):
            carrier.send(dataclasses.replace(MAIL, to_address="gone@example.org"))
        carrier.send(MAIL)

    assert (smtp.connections, smtp.message_ids) == (1, ["<one@rollcall.example>"])


def test_after_a_lost_line_a_new_one_is_opened(app, smtp):
    with app.app_context(), mailer.carrier() as carrier:
        smtp.mood = "drop"
        with pytest.raises(MailDeferred):
            carrier.send(MAIL)
        smtp.mood = "ok"
        carrier.send(MAIL)

    assert (smtp.connections, len(smtp.taken)) == (2, 1)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_closes_the_line_costs_one_mail_its_try(app, smtp, command):
    with app.app_context(), mailer.carrier() as carrier:
        carrier.send(MAIL)
        smtp.closes_at = command
        with pytest.raises(MailDeferred, match="SMTP 421"):
            carrier.send(MAIL)
        carrier.send(MAIL)

    assert (smtp.connections, len(smtp.taken)) == (2, 2)


def test_a_text_that_is_not_listened_to_costs_one_mail_its_try(app, smtp):
    with app.app_context(), mailer.carrier() as carrier:
        smtp.refuses_text = "451 4.7.1 greylisted"
        with pytest.raises(MailDeferred, match="SMTP 451"):
            carrier.send(MAIL)
        smtp.refuses_text = ""
        carrier.send(MAIL)

    assert len(smtp.taken) == 1


def test_a_login_that_fails_is_the_servers_trouble_and_not_the_letters(send, smtp, setting):
    setting(
        mail_transport="smtp", mail_port=smtp.port, mail_username="rollcall", mail_password="no such user"
    )

    with pytest.raises(MailDeferred) as raised:
        send(MAIL)

    assert raised.value.is_everywhere


def test_a_server_that_drips_byte_by_byte_is_cut_off(send, setting):
    """Each wait is short enough for the socket's own timeout; all together are not."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip():
        line, _ = listening.accept()
        with line:
            line.sendall(b"220 hello\r\n")
            while not over.wait(0.05):
                try:
                    line.sendall(b"2")
                except OSError:
                    return

    dripping = threading.Thread(target=drip)
    dripping.start()
    setting(mail_transport="smtp", mail_port=listening.getsockname()[1], mail_timeout_seconds=0.5)
    began = time.monotonic()
    with pytest.raises(MailDeferred):
        send(MAIL)
    lasted = time.monotonic() - began
    over.set()
    dripping.join()
    listening.close()

    # Listening to the end of that line would take 400 seconds.
    assert lasted < 30
