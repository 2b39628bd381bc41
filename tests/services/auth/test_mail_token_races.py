"""A mailed token has one effect, once, however many requests race for it."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from app.db.session import db, transaction
from app.enums import MailTokenPurpose
from app.models import MailToken, Notice, User
from app.services.messaging import mail_tokens
from tests.support.http import data_of
from tests.support.races import at_once, outcomes

PASSWORD = "Analytical-Engine-1843"
PASSWORDS = [f"Difference-Engine-{number}" for number in range(8)]


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", password=PASSWORD)


@pytest.fixture
def mint(app):
    def run(user, purpose=MailTokenPurpose.RESET_PASSWORD):
        with app.app_context(), transaction():
            return mail_tokens.mint(user, purpose)

    return run


def resetting(api, token, password):
    body = {"token": token, "new_password": password, "new_password_confirm": password}
    return partial(api.post, "/auth/reset-password", json=body)


def works(api, password):
    body = {"email": "ada@example.org", "password": password}
    return api.post("/auth/login", json=body).status_code == 200


def test_a_reset_token_used_eight_times_at_once_sets_one_password(api, ada, mint):
    token = mint(ada)

    answers = at_once(*[resetting(api, token, password) for password in PASSWORDS])

    assert outcomes(answers) == {"200": 1, "400 token_invalid": 7}
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
    assert [works(api, password) for password in PASSWORDS] == [number == winner for number in range(8)]


def test_of_eight_reset_tokens_used_at_once_one_sets_the_password(api, ada, mint):
    tokens = [mint(ada) for _ in PASSWORDS]

    answers = at_once(
        *[resetting(api, token, password) for token, password in zip(tokens, PASSWORDS, strict=True)]
    )

    assert outcomes(answers) == {"200": 1, "400 token_invalid": 7}


def test_an_address_is_verified_once_by_racing_clicks(api, make, mint):
    token = mint(make.student(email_verified=False), MailTokenPurpose.VERIFY_EMAIL)

    answers = at_once(*[partial(api.post, "/auth/verify-email", json={"token": token})] * 8)

    assert outcomes(answers) == {"200": 1, "400 token_invalid": 7}


@pytest.mark.parametrize("turn", range(4))
def test_a_reset_and_a_change_of_the_password_happen_one_after_the_other(turn, api, ada, mint, app):
    token, owner = mint(ada), api.as_(ada)
    change = {"old_password": PASSWORD, "new_password": PASSWORDS[1], "new_password_confirm": PASSWORDS[1]}

    answers = at_once(
        resetting(api, token, PASSWORDS[0]), partial(owner.post, "/auth/change-password", json=change)
    )

    won = [answer.status_code == 200 for answer in answers]
    assert sorted(won) == [False, True]
    assert [works(api, password) for password in PASSWORDS[:2]] == won
    with app.app_context():
        assert db.session.scalars(select(MailToken).where(MailToken.spent_at.is_(None))).all() == []


def test_a_reset_leaves_no_session_that_a_racing_login_opened(api, ada, mint):
    token = mint(ada)
    log_in = partial(api.post, "/auth/login", json={"email": "ada@example.org", "password": PASSWORD})

    reset, *logins = at_once(resetting(api, token, PASSWORDS[0]), *[log_in] * 7)

    data_of(reset)
    for login in logins:
        if login.status_code == 200:
            access = data_of(login)["tokens"]["access"]
            assert api.with_token(access).get("/auth/me").status_code == 401


def test_who_asks_eight_times_at_once_is_owed_one_mail(api, ada, app):
    forgot = partial(api.post, "/auth/forgot-password", json={"email": "ada@example.org"})

    answers = at_once(*[forgot] * 8)

    assert outcomes(answers) == {"200": 8}
    with app.app_context():
        assert len(db.session.scalars(select(Notice)).all()) == 1


def test_asking_for_a_reset_while_the_address_is_verified_does_both(api, app, make, mint):
    make.student(email="ada@example.org", email_verified=False)
    with app.app_context():
        ada = db.session.scalars(select(User).where(User.has_email("ada@example.org"))).one()
    token = mint(ada, MailTokenPurpose.VERIFY_EMAIL)

    answers = at_once(
        partial(api.post, "/auth/verify-email", json={"token": token}),
        partial(api.post, "/auth/forgot-password", json={"email": "ada@example.org"}),
    )

    assert outcomes(answers) == {"200": 2}
