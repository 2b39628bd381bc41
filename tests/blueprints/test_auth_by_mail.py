"""The mails that carry tokens: who gets one, how often, and what they keep secret."""

from __future__ import annotations

import hashlib
import json
import logging

import pytest
from redis.exceptions import ConnectionError as RedisGone
from sqlalchemy import select, text, update

from app.adapters import queue
from app.db.session import db, transaction
from app.enums import Lane, NoticeKind, NoticeState
from app.models import MailToken, Notice
from app.services.retention import retention
from tests.support.accounts import ADA, forgot, reset, verify
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in


def test_no_caller_learns_from_the_responses_who_has_an_account(api, ada, make):
    make.student(email="shut@example.org", is_active=False)
    make.student(email="new@example.org", email_verified=False)
    addresses = ["ada@example.org", "shut@example.org", "new@example.org", "unknown@example.org"]

    for path in ("/auth/forgot-password", "/auth/resend-verification"):
        answers = [api.post(path, json={"email": address}) for address in addresses]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.get_data() for answer in answers}) == 1


@pytest.mark.parametrize("path", ["/auth/forgot-password", "/auth/resend-verification"])
def test_asking_costs_the_same_whether_or_not_there_is_an_account(path, api, make, statements, app):
    make.student(email="ada@example.org", email_verified=False)
    costs = []

    for address in ("ada@example.org", "unknown@example.org"):
        with app.app_context():
            queue.jobs(Lane.URGENT).empty()
        with statements() as seen:
            data_of(api.post(path, json={"email": address}))
        with app.app_context():
            costs.append((seen, queue.jobs(Lane.URGENT).count))

    assert costs[0] == costs[1]
    assert costs[0][1] == 1


def test_a_mail_is_resent_to_those_who_wait_for_one(api, ada, make, written, mailbox):
    make.student(email="new@example.org", email_verified=False)
    make.student(email="shut@example.org", email_verified=False, is_active=False)

    for address in ("New@example.org", "shut@example.org", "ada@example.org", "unknown@example.org"):
        api.post("/auth/resend-verification", json={"email": address})

    assert written() == [("VERIFY_EMAIL", "EMAIL", "QUEUED")]
    assert data_of(verify(api, token_in(mailbox("new@example.org")[0]))) is None


def test_who_asks_ten_times_before_the_mail_is_sent_gets_one(api, ada, mailbox):
    for _ in range(10):
        data_of(forgot(api))

    assert len(mailbox("ada@example.org")) == 1
    data_of(forgot(api))
    assert len(mailbox("ada@example.org")) == 2


def test_asking_again_hurries_a_mail_that_waits_for_its_next_try(api, ada, smtp, mailbox, setting):
    setting(notice_retry_seconds=(7200,))
    smtp.mood = "temporary"
    data_of(forgot(api))
    assert mailbox("ada@example.org") == []

    smtp.mood = "ok"
    data_of(forgot(api))

    assert len(mailbox("ada@example.org")) == 1


def test_the_tokens_of_several_mails_are_all_good_until_one_is_used(api, ada, mailbox):
    for _ in range(2):
        forgot(api)
        mailbox("ada@example.org")
    older, newer = (token_in(mail) for mail in mailbox("ada@example.org"))

    data_of(reset(api, older))

    assert_refused(reset(api, newer, "Third-engine-1900"), 400, "token_invalid")


def test_a_retry_carries_a_token_of_its_own(api, ada, smtp, mailbox, app, alter):
    smtp.mood = "drop_after"
    forgot(api)
    mailbox("ada@example.org")
    smtp.mood = "ok"
    alter(update(Notice).values(due_at=text("now()")))
    with app.app_context():
        queue.deliver_notices(db.session.scalars(select(Notice.id)).all(), Lane.URGENT)

    first, second = mailbox("ada@example.org")

    assert first["Message-ID"] == second["Message-ID"]
    assert token_in(first) != token_in(second)
    data_of(reset(api, token_in(first)))


def test_an_admin_resends_such_a_mail_and_never_sees_its_token(api, ada, make, mailbox, caplog):
    caplog.set_level(logging.DEBUG, logger="app")
    office = api.as_(make.admin())
    forgot(api)
    [mail] = mailbox("ada@example.org")
    [notice] = data_of(office.get("/notices?kind=RESET_PASSWORD"))

    data_of(office.post(f"/notices/{notice['id']}/resend"))

    again = mailbox("ada@example.org")[1]
    assert again["Message-ID"] == mail["Message-ID"].replace("@", ".2@")
    listing = office.get("/notices").get_data(as_text=True)
    for token in (token_in(mail), token_in(again)):
        assert token not in listing
        assert token not in caplog.text
    data_of(reset(api, token_in(again)))


def test_of_a_token_the_database_keeps_the_hash(api, ada, app, mailbox):
    forgot(api)

    token = token_in(mailbox("ada@example.org")[0])

    tables = "SELECT string_agg(t::text, '') FROM mail_tokens t UNION ALL SELECT string_agg(n::text, '') FROM notices n"
    with app.app_context():
        assert token not in "".join(db.session.scalars(text(tables)))
        stored = db.session.scalars(select(MailToken.token_hash)).one()
    assert bytes(stored) == sha256(token)
    assert len(token) == 43


def test_the_log_as_mail_transport_keeps_the_token_out(api, ada, app, work_off, setting, caplog):
    setting(mail_transport="log")
    caplog.set_level(logging.INFO)
    forgot(api)

    work_off()

    assert "/mail/reset-password?token=[kept out of the log]" in caplog.text


def test_a_mail_says_how_to_do_without_the_page(api, ada, mailbox, setting):
    setting(mail_subject_prefix="[Rollcall]", mail_from="Training <training@example.org>")
    forgot(api)

    [mail] = mailbox("ada@example.org")

    text_part = mail.get_body(("plain",)).get_content()
    token = token_in(mail)
    assert str(mail["From"]) == "Training <training@example.org>"
    assert mail["Subject"] == "[Rollcall] Set a new password"
    assert "POST http://rollcall.test/api/v1/auth/reset-password" in text_part
    example = json.loads(next(line for line in text_part.splitlines() if line.startswith("{")))
    assert example["token"] == token
    assert f"http://rollcall.test/mail/reset-password?token={token}" in mail.get_body(("html",)).get_content()


def test_a_stranger_cannot_send_words_to_an_address(api, mailbox):
    """An unverified address may be a stranger's: the client that types it in must not get a message there in our name."""
    body = {**ADA, "first_name": "Win at evil.example", "last_name": "<script>{{ 7 * 7 }}"}
    data_of(api.post("/auth/register", json=body), 201)
    forgot(api)

    mails = mailbox("ada@example.org")

    assert len(mails) == 2
    for mail in mails:
        assert str(mail["To"]) == "ada@example.org"
        assert "evil.example" not in mail.as_string()
        assert mail.get_body(("plain",)).get_content().startswith("Hello,")


def test_a_name_is_text_and_nothing_else(api, make, mailbox):
    make.student(
        email="ada@example.org",
        first_name="Ada\r\nBcc: eve@example.org\n\nX",
        last_name="<script>alert(1)</script>{{ 7 * 7 }}{% raw %}",
    )
    forgot(api)

    [mail] = mailbox("ada@example.org")

    assert mail["Bcc"] is None
    html, plain = (mail.get_body((kind,)).get_content() for kind in ("html", "plain"))
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}{% raw %}" in html
    assert plain.splitlines()[0].startswith(
        "Hello Ada Bcc: eve@example.org X <script>alert(1)</script>{{ 7 * 7 }}"
    )


def test_without_smtp_and_redis_every_request_succeeds(api, make, smtp, monkeypatch, written):
    def gone(*_):
        raise RedisGone

    smtp.mood = "drop"
    monkeypatch.setattr(queue, "deliver_notices", gone)
    admin = api.as_(make.admin())

    data_of(api.post("/auth/register", json=ADA), 201)
    data_of(api.post("/auth/resend-verification", json={"email": "ada@example.org"}))
    data_of(forgot(api))
    data_of(admin.post("/users", json={"email": "new@example.org", "first_name": "New"}), 201)

    assert [kind for kind, _, state in written() if state == NoticeState.QUEUED] == [
        NoticeKind.VERIFY_EMAIL,
        NoticeKind.RESET_PASSWORD,
        NoticeKind.SET_PASSWORD,
    ]


def test_mails_about_an_account_are_not_notifications(api, ada, mailbox):
    forgot(api)
    mailbox("ada@example.org")

    assert data_of(api.as_(ada).get("/notifications")) == []


def test_of_a_deleted_person_no_token_is_left(api, make, ada, mint, app):
    token = mint(ada)

    assert api.as_(make.admin()).delete(f"/users/{ada.id}").status_code == 204

    assert_refused(reset(api, token), 400, "token_invalid")
    with app.app_context():
        assert db.session.scalars(select(MailToken)).all() == []


def test_tokens_that_open_nothing_are_forgotten(app, ada, mint, alter):
    mint(ada)
    expired, spent = mint(ada), mint(ada)
    for token, change in ((expired, {"expires_at": text("now()")}), (spent, {"spent_at": text("now()")})):
        alter(update(MailToken).where(MailToken.token_hash == sha256(token)).values(change))

    with app.app_context(), transaction():
        retention.purge_mail_tokens()

    with app.app_context():
        assert len(db.session.scalars(select(MailToken)).all()) == 1


def sha256(token):
    return hashlib.sha256(token.encode()).digest()
