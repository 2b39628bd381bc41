"""Verifying an address with the token of a mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.db.session import db
from app.enums import MailTokenPurpose
from app.models import MailToken, User
from tests.support.accounts import ADA, forgot, log_in, reset, verify
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in


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
