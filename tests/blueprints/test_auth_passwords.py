"""Setting a password with the token of a mail: a reset, and an invitation."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.db.session import db
from app.enums import MailTokenPurpose
from app.models import Notice, User
from tests.support.accounts import ADA, NEW_PASSWORD, forgot, log_in, reset
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in
from tests.support.rows import PASSWORD


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
