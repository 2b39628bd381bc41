"""Verify an address, and set a password with what a mail brought."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from redis.exceptions import ConnectionError as RedisGone
from sqlalchemy import select, text, update

from app.adapters import queue
from app.db.session import db, transaction
from app.enums import Lane, MailTokenPurpose, NoticeKind, NoticeState
from app.models import MailToken, Notice, User
from app.services.messaging import mail_tokens
from app.services.retention import retention
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in

PASSWORD = "Analytical-Engine-1843"
NEW_PASSWORD = "Difference-Engine-1822"

ADA = {
    "email": "ada@example.org",
    "password": PASSWORD,
    "password_confirm": PASSWORD,
    "first_name": "Ada",
    "last_name": "Lovelace",
}


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", username="ada", password=PASSWORD)


@pytest.fixture
def mint(app):
    """A token as a mail would carry it."""

    def run(user, purpose=MailTokenPurpose.RESET_PASSWORD):
        with app.app_context(), transaction():
            return mail_tokens.mint(user, purpose)

    return run


@pytest.fixture
def written(app):
    """Every notice as (kind, channel, state)."""

    def read():
        with app.app_context():
            rows = db.session.scalars(select(Notice).order_by(Notice.id)).all()
        return [(row.kind.value, row.channel.value, row.state.value) for row in rows]

    return read


@pytest.fixture
def alter(app):
    def run(statement):
        with app.app_context(), transaction():
            db.session.execute(statement)

    return run


def log_in(api, password=PASSWORD):
    return api.post("/auth/login", json={"email": "ada@example.org", "password": password})


def reset(api, token, password=NEW_PASSWORD):
    body = {"token": token, "new_password": password, "new_password_confirm": password}
    return api.post("/auth/reset-password", json=body)


def verify(api, token):
    return api.post("/auth/verify-email", json={"token": token})


def forgot(api, address="ada@example.org"):
    return api.post("/auth/forgot-password", json={"email": address})


def test_a_new_account_logs_in_once_its_address_is_verified(api, mailbox):
    data_of(api.post("/auth/register", json=ADA), 201)
    assert_refused(log_in(api), 403, "email_not_verified")

    [mail] = mailbox("ada@example.org")
    data_of(verify(api, token_in(mail)))

    assert data_of(log_in(api))["user"]["email_verified"] is True


def test_a_mail_says_for_how_long_its_link_is_good(api, ada, mailbox):
    data_of(forgot(api))

    [mail] = mailbox("ada@example.org")

    text = mail.get_body(("plain",)).get_content()
    assert "This link works once, within 1 hour." in text


def test_only_the_right_password_learns_that_the_address_is_unverified(api):
    api.post("/auth/register", json=ADA)

    assert_refused(log_in(api, "Wrong-password-1"), 401, "invalid_credentials")


def test_without_verification_accounts_are_verified_when_made(api, setting, written):
    setting(require_email_verification=False)

    user = data_of(api.post("/auth/register", json=ADA), 201)["user"]

    assert user["email_verified"] is True
    assert data_of(log_in(api))
    assert written() == []


def test_once_verification_is_off_the_unverified_log_in(api, setting):
    api.post("/auth/register", json=ADA)

    setting(require_email_verification=False)

    assert data_of(log_in(api))


def test_a_refused_registration_owes_no_mail(api, ada, written):
    assert_refused(api.post("/auth/register", json=ADA), 409, "email_taken")

    assert written() == []


def test_a_verification_token_works_once(api, make, mint):
    token = mint(make.student(email_verified=False), MailTokenPurpose.VERIFY_EMAIL)
    data_of(verify(api, token))

    assert_refused(verify(api, token), 400, "token_invalid")


@pytest.mark.parametrize("token", ["", "x", "ü🔥", "\x00", "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_what_is_no_token_is_refused_without_a_trace(token, api):
    expected = (422, "invalid_request") if token == "\x00" else (400, "token_invalid")

    assert_refused(verify(api, token), *expected)
    assert_refused(reset(api, token), *expected)


@pytest.mark.parametrize(
    ("act", "purpose"),
    [
        (verify, MailTokenPurpose.RESET_PASSWORD),
        (verify, MailTokenPurpose.SET_PASSWORD),
        (reset, MailTokenPurpose.VERIFY_EMAIL),
    ],
)
def test_a_token_is_good_for_its_purpose_alone(act, purpose, api, ada, mint):
    assert_refused(act(api, mint(ada, purpose)), 400, "token_invalid")


def test_an_access_token_is_no_mail_token(api, ada):
    access = data_of(log_in(api))["tokens"]["access"]

    assert_refused(reset(api, access), 400, "token_invalid")


@pytest.mark.parametrize(
    ("purpose", "life"),
    [
        (MailTokenPurpose.VERIFY_EMAIL, timedelta(hours=24)),
        (MailTokenPurpose.RESET_PASSWORD, timedelta(hours=1)),
        (MailTokenPurpose.SET_PASSWORD, timedelta(days=7)),
    ],
)
def test_a_token_expires(purpose, life, api, app, make, mint, alter):
    act = verify if purpose == MailTokenPurpose.VERIFY_EMAIL else reset
    user = make.student(email_verified=False)
    token = mint(user, purpose)
    with app.app_context():
        stored = db.session.scalars(select(MailToken)).one()
    assert timedelta() <= life - (stored.expires_at - datetime.now(UTC)) < timedelta(minutes=1)

    alter(update(MailToken).values(expires_at=MailToken.expires_at - life))

    assert_refused(act(api, token), 400, "token_invalid")


def test_a_token_is_worth_nothing_once_the_account_has_another_address(api, ada, mint, alter):
    tokens = mint(ada), mint(ada, MailTokenPurpose.VERIFY_EMAIL)

    alter(update(User).values(email="new@example.org", email_verified=False))

    assert_refused(reset(api, tokens[0]), 400, "token_invalid")
    assert_refused(verify(api, tokens[1]), 400, "token_invalid")


def test_a_deactivated_person_sets_no_password(api, ada, mint, alter):
    token = mint(ada)

    alter(update(User).values(is_active=False))

    assert_refused(reset(api, token), 400, "token_invalid")


def test_a_forgotten_password_is_replaced_and_every_session_ends(api, ada, mailbox):
    tokens = data_of(log_in(api))["tokens"]
    data_of(forgot(api, "ADA@example.org"))

    [mail] = mailbox("ada@example.org")
    data_of(reset(api, token_in(mail)))

    assert_refused(api.with_token(tokens["access"]).get("/auth/me"), 401, "unauthenticated")
    assert_refused(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}), 401, "token_invalid")
    assert_refused(log_in(api), 401, "invalid_credentials")
    assert data_of(log_in(api, NEW_PASSWORD))
    assert [mail["Subject"] for mail in mailbox("ada@example.org")] == [
        "Set a new password",
        "Your password was changed",
    ]


def test_a_reset_voids_every_other_token_that_sets_a_password(api, ada, mint):
    first, second, invitation = mint(ada), mint(ada), mint(ada, MailTokenPurpose.SET_PASSWORD)

    data_of(reset(api, second))

    for token in (first, second, invitation):
        assert_refused(reset(api, token, "Third-engine-1900"), 400, "token_invalid")


def test_a_changed_password_voids_the_tokens_of_older_mails(api, ada, mint, written):
    token = mint(ada)
    change = {"old_password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}

    data_of(api.as_(ada).post("/auth/change-password", json=change))

    assert_refused(reset(api, token, "Third-engine-1900"), 400, "token_invalid")
    assert written() == [("PASSWORD_CHANGED", "EMAIL", "QUEUED")]


@pytest.mark.parametrize(
    ("password", "confirmation", "field"),
    [
        ("short", "short", "new_password"),
        ("Password1", "Password1", "new_password"),
        (NEW_PASSWORD, "Other-1822-engine", "new_password_confirm"),
    ],
)
def test_a_refused_password_leaves_the_token_good(password, confirmation, field, api, ada, mint):
    token = mint(ada)
    body = {"token": token, "new_password": password, "new_password_confirm": confirmation}

    details = assert_refused(api.post("/auth/reset-password", json=body), 422, "invalid_request")

    assert list(details) == [field]
    data_of(reset(api, token))


def test_a_reset_confirms_the_address_as_well(api, mailbox):
    api.post("/auth/register", json=ADA)
    forgot(api)

    [mail] = [mail for mail in mailbox("ada@example.org") if "password" in mail["Subject"]]
    data_of(reset(api, token_in(mail)))

    assert data_of(log_in(api, NEW_PASSWORD))["user"]["email_verified"] is True


def test_who_was_made_by_an_admin_sets_the_first_password_by_mail(api, make, mailbox):
    person = {"email": "ada@example.org", "first_name": "Ada"}
    made = data_of(api.as_(make.admin()).post("/users", json=person), 201)
    assert made["email_verified"] is True

    [mail] = mailbox("ada@example.org")
    data_of(reset(api, token_in(mail)))

    assert data_of(log_in(api, NEW_PASSWORD))
    assert "7 days" in mail.get_body(("plain",)).get_content()
    assert len(mailbox("ada@example.org")) == 1  # a first password is no change


def test_who_was_made_with_a_password_hears_of_nothing(api, make, written):
    person = {"email": "ada@example.org", "first_name": "Ada", "password": PASSWORD}

    data_of(api.as_(make.admin()).post("/users", json=person), 201)

    assert written() == []


def test_an_invitation_is_obsolete_once_there_is_a_password(api, make, app, mailbox, mint):
    data_of(api.as_(make.admin()).post("/users", json={"email": "ada@example.org", "first_name": "Ada"}), 201)
    with app.app_context():
        person = db.session.scalars(select(User).where(User.has_email("ada@example.org"))).one()
    data_of(reset(api, mint(person)))

    assert mailbox("ada@example.org") == []
    with app.app_context():
        assert db.session.scalars(select(Notice.reason)).all() == ["password_set"]


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
