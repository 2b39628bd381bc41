"""Refreshing tokens, and telling good tokens from bad ones."""

from uuid import uuid4

import jwt
import pytest

from tests.support.accounts import session_of
from tests.support.http import assert_refused, data_of
from tests.support.rows import PASSWORD


def test_refreshing_gives_the_next_pair(api, ada):
    tokens = session_of(api, ada)["tokens"]

    fresh = data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))

    assert fresh["refresh"] != tokens["refresh"]
    assert data_of(api.with_token(fresh["access"]).get("/auth/me"))
    assert data_of(api.with_token(tokens["access"]).get("/auth/me")), "the session is the same"
    assert data_of(api.post("/auth/refresh", json={"refresh": fresh["refresh"]}))


def test_a_token_spent_moments_ago_is_a_conflict_and_changes_nothing(api, ada):
    tokens = session_of(api, ada)["tokens"]
    fresh = data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))

    response = api.post("/auth/refresh", json={"refresh": tokens["refresh"]})

    assert_refused(response, 409, "already_rotated")
    assert data_of(api.with_token(fresh["access"]).get("/auth/me"))
    assert data_of(api.post("/auth/refresh", json={"refresh": fresh["refresh"]}))


def test_a_token_spent_long_ago_ends_the_session(api, ada, setting):
    tokens = session_of(api, ada)["tokens"]
    fresh = data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))
    setting(refresh_grace_seconds=0)

    response = api.post("/auth/refresh", json={"refresh": tokens["refresh"]})

    assert_refused(response, 401, "token_invalid")
    assert_refused(api.with_token(fresh["access"]).get("/auth/me"), 401, "unauthenticated")
    assert_refused(api.post("/auth/refresh", json={"refresh": fresh["refresh"]}), 401, "token_invalid")


def test_a_stolen_token_ends_only_its_own_session(api, ada, setting):
    tokens, elsewhere = session_of(api, ada)["tokens"], session_of(api, ada)["tokens"]
    data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))
    setting(refresh_grace_seconds=0)

    assert_refused(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}), 401, "token_invalid")

    assert data_of(api.with_token(elsewhere["access"]).get("/auth/me"))


def test_tokens_of_the_wrong_kind_are_refused(api, ada):
    tokens = session_of(api, ada)["tokens"]

    as_refresh = api.post("/auth/refresh", json={"refresh": tokens["access"]})
    as_access = api.with_token(tokens["refresh"]).get("/auth/me")

    assert_refused(as_refresh, 401, "token_invalid")
    assert_refused(as_access, 401, "token_invalid")


def forged(config, token, *, secret=None, algorithm="HS256", **claims):
    known = jwt.decode(token, options={"verify_signature": False})
    key = config.jwt_secret_key if secret is None else secret
    return jwt.encode({**known, **claims}, key if algorithm != "none" else None, algorithm=algorithm)


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "the secret of another server, just as long"},
        {"algorithm": "none"},
        {"exp": 1_000_000_000},
        {"sid": "not-a-uuid"},
        {"type": "other"},
    ],
)
def test_a_tampered_access_token_is_refused(api, config, ada, change):
    token = session_of(api, ada)["tokens"]["access"]

    response = api.with_token(forged(config, token, **change)).get("/auth/me")

    assert_refused(response, 401, "token_invalid")


def test_a_refresh_token_that_is_not_stored_is_refused_and_ends_nothing(api, config, ada):
    tokens = session_of(api, ada)["tokens"]
    forgotten = forged(config, tokens["refresh"], jti=str(uuid4()))

    assert_refused(api.post("/auth/refresh", json={"refresh": forgotten}), 401, "token_invalid")

    assert data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))


def test_a_token_for_the_session_of_another_user_is_refused(api, config, make, ada):
    mine, theirs = session_of(api, ada)["tokens"], make.student(password=PASSWORD)

    token = forged(config, mine["access"], sub=str(theirs.id))

    assert_refused(api.with_token(token).get("/auth/me"), 401, "unauthenticated")


def test_the_session_goes_before_the_refresh_token_does(api, ada):
    tokens = session_of(api, ada)["tokens"]
    data_of(api.with_token(tokens["access"]).post("/auth/logout"))

    assert_refused(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}), 401, "token_invalid")


def test_good_tokens_are_distinguished_from_bad_ones(api, ada):
    tokens = session_of(api, ada)["tokens"]

    access = data_of(api.post("/auth/verify", json={"token": tokens["access"]}))
    refresh = data_of(api.post("/auth/verify", json={"token": tokens["refresh"]}))
    nonsense = data_of(api.post("/auth/verify", json={"token": "nonsense"}))

    assert (access["valid"], access["kind"], access["user_id"]) == (True, "access", str(ada.id))
    assert access["expires_at"].endswith("Z")
    assert (refresh["valid"], refresh["kind"]) == (True, "refresh")
    assert nonsense["valid"] is False
    assert nonsense["user_id"] is None


def test_a_spent_token_and_one_of_an_ended_session_are_not_valid(api, ada):
    tokens = session_of(api, ada)["tokens"]
    fresh = data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))

    spent = data_of(api.post("/auth/verify", json={"token": tokens["refresh"]}))
    data_of(api.with_token(fresh["access"]).post("/auth/logout"))
    ended = data_of(api.post("/auth/verify", json={"token": fresh["access"]}))

    assert (spent["valid"], ended["valid"]) == (False, False)
