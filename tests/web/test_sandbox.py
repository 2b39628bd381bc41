"""The sandbox: what testers read in development, and what production does not have."""

import dataclasses
import threading
import time

import pytest

from app import create_app
from app.adapters import mailer
from app.adapters.mailer import Mail

LINK = "http://rollcall.test/mail/verify-email?token=abc-DEF_123"


@pytest.fixture
def folder(setting, tmp_path):
    """An empty outbox."""
    setting(mail_transport="file", mail_file_dir=str(tmp_path))
    return tmp_path


@pytest.fixture
def send(app, folder):
    def run(to, number=1):
        mail = Mail(
            to_name="Ada",
            to_address=to,
            subject=f"Mail {number}",
            template="token",
            message_id=f"<{number}@rollcall.test>",
            values={
                "title": "Mail",
                "body": "Hello.",
                "link": LINK,
                "life": "1 hour",
                "endpoint": "x",
                "example": "{}",
            },
        )
        with app.test_request_context(), mailer.carrier() as carrier:
            carrier.send(mail)

    return run


def mails(app, query=""):
    return app.test_client().get(f"/sandbox/mails{query}").get_json()["data"]


def test_the_outbox_has_the_link_and_its_token(app, send):
    send("ada@example.org")

    (mail,) = mails(app)
    assert (mail["to"], mail["subject"]) == ("ada@example.org", "Mail 1")
    assert (mail["link"], mail["token"]) == (LINK, "abc-DEF_123")
    assert "Hello." in mail["text"]


def test_it_shows_the_newest_first_and_those_of_one_address(app, send):
    for number, name in enumerate(("ada", "grace", "ada"), start=1):
        send(f"{name}@example.org", number)

    assert [mail["subject"] for mail in mails(app)] == ["Mail 3", "Mail 2", "Mail 1"]
    assert [mail["subject"] for mail in mails(app, "?to=ADA@example.org")] == ["Mail 3", "Mail 1"]


def test_it_waits_for_a_mail(app, send):
    def later():
        time.sleep(0.3)
        send("ada@example.org")

    thread = threading.Thread(target=later)
    thread.start()
    found = mails(app, "?to=ada@example.org&wait_seconds=10")
    thread.join()

    assert len(found) == 1


@pytest.mark.parametrize("wait", ["11", "-1", "x", "1.5"])
def test_it_waits_no_longer_than_it_says(app, folder, wait):
    response = app.test_client().get(f"/sandbox/mails?wait_seconds={wait}")

    assert response.status_code == 422
    assert "wait_seconds" in response.get_json()["error"]["details"]


def test_it_is_empty_where_mails_are_not_written(app, setting):
    setting(mail_transport="log")

    assert mails(app) == []


def test_production_has_no_sandbox(app, config, tmp_path):
    live = dataclasses.replace(config, app_env="production")
    production = create_app(live)

    routes = [rule.rule for rule in production.url_map.iter_rules() if "sandbox" in rule.rule]
    here = [rule.rule for rule in app.url_map.iter_rules() if "sandbox" in rule.rule]
    assert routes == []
    assert here
