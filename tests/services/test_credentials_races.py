"""What becomes of a login, or of a new password, when the account changes while the old password is hashed."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from app import passwords
from app.db import db, transaction
from app.models import User
from app.models.session import Session
from tests.http import assert_refused, data_of
from tests.races import at_once

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


def sessions_of(app, user):
    with app.app_context():
        return db.session.query(Session).filter_by(user_id=user.id).count()


def test_a_login_with_a_password_that_is_replaced_meanwhile_opens_nothing(api, app, ada, change, meanwhile):
    meanwhile(lambda: change(ada, password_hash=PasswordHasher().hash(NEW_PASSWORD)))

    assert_refused(api.post("/auth/login", json=LOGIN), 401, "invalid_credentials")

    assert sessions_of(app, ada) == 0


def test_a_login_goes_on_when_the_same_password_is_hashed_anew_meanwhile(api, ada, change, meanwhile):
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
