"""Logging in, by email address or username."""

import pytest

from tests.support.accounts import session_of
from tests.support.http import assert_refused, data_of
from tests.support.rows import PASSWORD


@pytest.mark.parametrize("login", [{"email": "ADA@example.org"}, {"username": "Ada"}, {"email": "ada"}])
def test_logging_in_by_email_or_username(api, ada, login):
    session = data_of(api.post("/auth/login", json={**login, "password": PASSWORD}))

    assert session["user"]["id"] == str(ada.id)
    assert set(session["tokens"]) == {"access", "refresh", "token_type", "expires_in"}
    assert session["tokens"]["token_type"] == "Bearer"
    assert session["tokens"]["expires_in"] == 3600
    me = data_of(api.with_token(session["tokens"]["access"]).get("/auth/me"))
    assert me["username"] == "ada"


def test_every_wrong_credential_gets_the_same_answer(api, make, ada):
    make.student(email="shut@example.org", is_active=False, password=PASSWORD)
    make.student(email="none@example.org")
    attempts = [
        {"email": "ada@example.org", "password": "wrong"},
        {"email": "ada@example.org", "password": ""},
        {"email": "nobody@example.org", "password": PASSWORD},
        {"username": "nobody", "password": PASSWORD},
        {"email": "none@example.org", "password": PASSWORD},
        {"email": "shut@example.org", "password": "wrong"},
    ]

    responses = [api.post("/auth/login", json=attempt) for attempt in attempts]

    for response in responses:
        assert_refused(response, 401, "invalid_credentials")
    assert len({response.get_json()["message"] for response in responses}) == 1


def test_the_right_password_learns_that_the_account_is_inactive(api, make):
    make.student(email="shut@example.org", is_active=False, password=PASSWORD)

    response = api.post("/auth/login", json={"email": "shut@example.org", "password": PASSWORD})

    assert_refused(response, 403, "account_inactive")


@pytest.mark.parametrize("login", [{}, {"email": "ada@example.org", "username": "ada"}])
def test_a_login_names_one_account(api, login):
    assert_refused(api.post("/auth/login", json={**login, "password": PASSWORD}), 422, "invalid_request")


def test_logging_in_works_with_a_stale_token_in_the_header(api, ada):
    client = api.with_token("stale")

    assert data_of(client.post("/auth/login", json={"email": ada.email, "password": PASSWORD}))


def test_logging_in_and_refreshing_cost_a_few_statements(api, ada, statements):
    tokens = session_of(api, ada)["tokens"]

    with statements() as login:
        session_of(api, ada)
    with statements() as refresh:
        api.post("/auth/refresh", json={"refresh": tokens["refresh"]})

    assert (len(login), len(refresh)) == (3, 3)
