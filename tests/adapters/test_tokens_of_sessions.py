"""Tokens end with their session, or when they expire by the clock of a server."""

from __future__ import annotations

import base64
import dataclasses
import json
import time
from uuid import uuid4

import jwt
import pytest

from app.adapters import tokens
from app.db.session import db, transaction
from app.enums import MailTokenPurpose
from app.errors.accounts import TokenInvalid
from app.models import User
from app.services.auth import sessions
from app.services.messaging import mail_tokens
from tests.support.http import assert_refused, data_of

PASSWORD = "Analytical-Engine-1843"


NEW_PASSWORD = "Difference-Engine-1822"


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


CHANGE = {"old_password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}


ENDINGS = {
    "logout": lambda story: story.here.post("/auth/logout"),
    "logout by refresh token": lambda story: story.there.post(
        "/auth/logout", json={"refresh": story.refresh}
    ),
    "logout everywhere": lambda story: story.there.post("/auth/logout-all"),
    "session ended from elsewhere": lambda story: story.there.delete(f"/auth/sessions/{story.session_id}"),
    "password change elsewhere": lambda story: story.there.post("/auth/change-password", json=CHANGE),
    "password reset": lambda story: story.api.post(
        "/auth/reset-password",
        json={"token": story.mail_token, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD},
    ),
    "demotion": lambda story: story.admin.post(f"/users/{story.user.id}/role", json={"role": "STUDENT"}),
    "deactivation": lambda story: story.admin.post(f"/users/{story.user.id}/deactivate"),
    "deactivation of many": lambda story: story.admin.post(
        "/users/deactivate-multiple", json={"user_ids": [str(story.user.id)]}
    ),
    "deletion": lambda story: story.admin.delete(f"/users/{story.user.id}"),
}


class Story:
    """An instructor on two devices, an admin, and a mail on its way."""

    def __init__(self, app, api, make):
        self.api = api
        self.user = make.instructor(password=PASSWORD)
        with app.app_context(), transaction():
            pair = sessions.open_session(self.user)
            self.mail_token = mail_tokens.mint(
                db.session.get_one(User, self.user.id), MailTokenPurpose.RESET_PASSWORD
            )
        self.refresh = pair.refresh
        self.session_id = decoded(pair.access.split(".")[1])["sid"]
        self.here, self.there = api.with_token(pair.access), api.as_(self.user)
        self.admin = api.as_(make.admin())


@pytest.fixture
def story(app, api, make):
    return Story(app, api, make)


@pytest.mark.parametrize("ending", ENDINGS)
def test_tokens_die_with_their_session_on_the_next_request(api, story, ending):
    assert data_of(story.here.get("/auth/me"))

    assert ENDINGS[ending](story).status_code in {200, 204}

    assert_refused(story.here.get("/auth/me"), 401, "unauthenticated")
    assert_refused(story.here.get("/courses"), 401, "unauthenticated")
    assert_refused(story.here.post("/courses", json={"title": "More"}), 401, "unauthenticated")
    assert_refused(api.post("/auth/refresh", json={"refresh": story.refresh}), 401, "token_invalid")
    for token in (story.here.token, story.refresh):
        assert data_of(api.post("/auth/verify", json={"token": token}))["valid"] is False


@pytest.mark.parametrize("ending", ["logout", "logout by refresh token", "session ended from elsewhere"])
def test_the_other_device_stays_logged_in(story, ending):
    ENDINGS[ending](story)

    assert data_of(story.there.get("/auth/me"))


@pytest.mark.parametrize(
    "ending",
    ["logout everywhere", "password reset", "demotion", "deactivation", "deactivation of many", "deletion"],
)
def test_no_device_stays_logged_in(story, ending):
    ENDINGS[ending](story)

    assert_refused(story.there.get("/auth/me"), 401, "unauthenticated")


@pytest.mark.parametrize("ending", ["demotion", "deactivation", "deactivation of many", "deletion"])
def test_the_admin_who_ends_the_sessions_of_others_stays_logged_in(story, ending):
    ENDINGS[ending](story)

    assert data_of(story.admin.get("/auth/me"))


def test_a_promotion_ends_nothing_and_counts_at_once(story):
    assert_refused(story.here.get("/users"), 403, "forbidden")

    data_of(story.admin.post(f"/users/{story.user.id}/role", json={"role": "ADMIN"}))

    assert data_of(story.here.get("/users"))


def skewed(app, token, *, seconds):
    """The token as a server would have made it whose clock is so many seconds ahead, or behind."""
    claims = jwt.decode(token, options={"verify_signature": False})
    moved = {name: claims[name] + seconds for name in ("iat", "nbf")}
    expires = int(time.time()) + 600 if seconds > 0 else int(time.time()) + seconds
    return jwt.encode({**claims, **moved, "exp": expires}, app.config["JWT_SECRET_KEY"], algorithm="HS256")


@pytest.mark.parametrize(("seconds", "status"), [(3, 200), (-3, 200), (60, 401), (-60, 401)])
def test_clocks_of_servers_may_differ_a_little(app, api, make, seconds, status):
    token = api.as_(make.student()).token

    response = api.with_token(skewed(app, token, seconds=seconds)).get("/auth/me")

    assert response.status_code == status


@pytest.mark.parametrize(("leeway", "status"), [(0, 401), (120, 200)])
def test_how_much_they_may_differ_is_a_setting(config, app, api, make, monkeypatch, leeway, status):
    changed = dataclasses.replace(config, jwt_leeway_seconds=leeway).for_flask()
    monkeypatch.setitem(app.config, "JWT_DECODE_LEEWAY", changed["JWT_DECODE_LEEWAY"])
    token = skewed(app, api.as_(make.student()).token, seconds=30)

    assert api.with_token(token).get("/auth/me").status_code == status


def test_a_token_that_was_verified_before_still_expires(app, monkeypatch):
    with app.app_context():
        token = tokens.access(uuid4(), uuid4())
        claims = tokens.read(token)
        leeway = app.config["JWT_DECODE_LEEWAY"]

        monkeypatch.setattr(tokens, "time", lambda: claims.expires_at + leeway - 1)
        assert tokens.read(token) == claims

        monkeypatch.setattr(tokens, "time", lambda: claims.expires_at + leeway)
        with pytest.raises(TokenInvalid):
            tokens.read(token)


def test_a_token_that_was_verified_before_is_still_of_one_kind(app):
    with app.app_context():
        token = tokens.access(uuid4(), uuid4())
        tokens.read(token, kind="access")

        with pytest.raises(TokenInvalid):
            tokens.read(token, kind="refresh")
