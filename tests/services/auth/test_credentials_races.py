"""What becomes of a login, or of a new password, when the account changes while a password is hashed."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from app.adapters import passwords
from app.db.session import db, transaction
from app.enums import MailTokenPurpose
from app.models import User
from app.models.session import Session
from app.services.messaging import mail_tokens
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once

PASSWORD, NEW_PASSWORD = "Analytical-Engine-1843", "Difference-Engine-1822"
LOGIN = {"email": "ada@example.org", "password": PASSWORD}


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", password=PASSWORD)


@pytest.fixture
def meanwhile(monkeypatch):
    """`meanwhile(act)`: it happens while the next password is looked at."""
    matches = passwords.matches

    def arrange(act):
        pending = [act]

        def slowly_matches(password, stored):
            if pending:
                at_once(pending.pop())
            return matches(password, stored)

        monkeypatch.setattr(passwords, "matches", slowly_matches)

    return arrange


@pytest.fixture
def change(app):
    """`change(user, is_active=False)`, committed."""

    def write(user, **values):
        with app.app_context(), transaction():
            for name, value in values.items():
                setattr(db.session.get_one(User, user.id), name, value)

    return write


def change_password(client):
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    return client.post("/auth/change-password", json=body)


@pytest.fixture
def while_hashing(monkeypatch):
    """`while_hashing(act)`: it happens, and is waited for, before the next new password is hashed."""
    hash_of = passwords.hash_of

    def arrange(act):
        pending = [act]

        def slowly_hash(password):
            if pending:
                at_once(pending.pop())
            return hash_of(password)

        monkeypatch.setattr(passwords, "hash_of", slowly_hash)

    return arrange


@pytest.fixture
def reset_password(api, app, ada):
    """Set a password with the token of a mail, again and again with the same one."""
    with app.app_context(), transaction():
        token = mail_tokens.mint(ada, MailTokenPurpose.RESET_PASSWORD)

    def reset(password=NEW_PASSWORD):
        body = {"token": token, "new_password": password, "new_password_confirm": password}
        return api.post("/auth/reset-password", json=body)

    return reset


@pytest.fixture(params=["change", "reset"])
def set_password(request, api, ada, reset_password):
    """Set the new password with the old one, or with the token of a mail."""
    return reset_password if request.param == "reset" else lambda: change_password(api.as_(ada))


def sessions_of(app, user):
    with app.app_context():
        return db.session.query(Session).filter_by(user_id=user.id).count()


def test_a_login_with_a_password_that_is_replaced_meanwhile_opens_nothing(api, app, ada, change, meanwhile):
    meanwhile(lambda: change(ada, password_hash=PasswordHasher().hash(NEW_PASSWORD)))

    assert_refused(api.post("/auth/login", json=LOGIN), 401, "invalid_credentials")

    assert sessions_of(app, ada) == 0


def test_a_login_goes_on_when_the_same_password_is_hashed_again_meanwhile(api, ada, change, meanwhile):
    meanwhile(lambda: change(ada, password_hash=PasswordHasher().hash(PASSWORD)))

    assert data_of(api.post("/auth/login", json=LOGIN))


def test_a_login_to_an_account_that_is_deactivated_meanwhile_opens_nothing(api, app, ada, change, meanwhile):
    meanwhile(lambda: change(ada, is_active=False))

    assert_refused(api.post("/auth/login", json=LOGIN), 403, "account_inactive")

    assert sessions_of(app, ada) == 0


def test_a_login_to_an_account_that_is_deleted_meanwhile_is_refused(api, app, ada, meanwhile):
    def delete():
        with app.app_context(), transaction():
            db.session.delete(db.session.get_one(User, ada.id))

    meanwhile(delete)

    assert_refused(api.post("/auth/login", json=LOGIN), 401, "invalid_credentials")


def test_of_two_new_passwords_the_later_one_needs_the_earlier_one(api, ada, change, meanwhile):
    owner = api.as_(ada)
    meanwhile(lambda: change(ada, password_hash=PasswordHasher().hash("Jacquard-Loom-1804")))

    assert_refused(change_password(owner), 422, "invalid_request")

    assert_refused(
        api.post("/auth/login", json={**LOGIN, "password": NEW_PASSWORD}), 401, "invalid_credentials"
    )


def test_a_session_that_is_ended_meanwhile_gets_no_tokens_for_a_new_password(api, ada, meanwhile):
    here, elsewhere = api.as_(ada), api.as_(ada)
    meanwhile(lambda: elsewhere.post("/auth/logout-all"))

    assert_refused(change_password(here), 401, "unauthenticated")

    assert data_of(api.post("/auth/login", json=LOGIN)), "the password is the old one"


def test_no_request_waits_for_the_hashing_of_a_new_password(api, ada, change, while_hashing, set_password):
    while_hashing(lambda: change(ada, bio="Meanwhile."))

    data_of(set_password())

    login = data_of(api.post("/auth/login", json={**LOGIN, "password": NEW_PASSWORD}))
    assert login["user"]["bio"] == "Meanwhile."


def test_a_new_password_is_not_the_name_that_its_owner_takes_meanwhile(
    api, ada, change, while_hashing, set_password
):
    while_hashing(lambda: change(ada, first_name="Difference", last_name="Engine"))

    assert list(assert_refused(set_password(), 422, "invalid_request")) == ["new_password"]

    assert data_of(api.post("/auth/login", json=LOGIN)), "the password is the old one"


def test_a_password_that_is_replaced_while_a_new_one_is_hashed_sets_none(api, ada, change, while_hashing):
    while_hashing(lambda: change(ada, password_hash=PasswordHasher().hash("Jacquard-Loom-1804")))

    assert list(assert_refused(change_password(api.as_(ada)), 422, "invalid_request")) == ["old_password"]

    assert data_of(api.post("/auth/login", json={**LOGIN, "password": "Jacquard-Loom-1804"}))


def test_a_token_that_is_spent_while_a_new_password_is_hashed_sets_none(while_hashing, reset_password):
    first = []
    while_hashing(lambda: first.append(reset_password()))

    assert_refused(reset_password(), 400, "token_invalid")

    data_of(*first)


def test_a_spent_token_is_refused_before_a_weak_password(api, reset_password):
    data_of(reset_password())

    assert_refused(reset_password("ada@Example.org1"), 400, "token_invalid")


def test_no_request_waits_for_a_hash_that_is_renewed_at_a_login(
    api, app, ada, change, while_hashing, setting
):
    setting(password_hash_memory_kib=16)
    while_hashing(lambda: change(ada, bio="Meanwhile."))

    assert data_of(api.post("/auth/login", json=LOGIN))["user"]["bio"] == "Meanwhile."

    with app.app_context():
        assert "m=16," in db.session.get_one(User, ada.id).password_hash


def test_a_login_never_brings_back_the_hash_of_a_password_that_is_hashed_again_meanwhile(
    api, app, ada, change, while_hashing, setting
):
    setting(password_hash_memory_kib=16)
    fresh = PasswordHasher(memory_cost=32).hash(PASSWORD)
    while_hashing(lambda: change(ada, password_hash=fresh))

    data_of(api.post("/auth/login", json=LOGIN))

    with app.app_context():
        assert db.session.get_one(User, ada.id).password_hash == fresh
