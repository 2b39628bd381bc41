"""Races over accounts, on real connections: each has been seen to fail without its mechanism."""

from __future__ import annotations

from threading import Event
from time import sleep

import pytest
from sqlalchemy import func, select

from app.db.session import db
from app.models import User
from app.models.session import RefreshToken
from app.services.auth import sessions
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes

PASSWORD = "Analytical-Engine-1843"


@pytest.fixture
def tokens(api, make):
    make.student(email="ada@example.org", password=PASSWORD)
    return data_of(api.post("/auth/login", json={"email": "ada@example.org", "password": PASSWORD}))["tokens"]


def test_of_many_tabs_with_one_token_one_gets_the_next_pair(api, app, tokens, setting):
    body = {"refresh": tokens["refresh"]}

    answers = at_once(*[lambda: api.post("/auth/refresh", json=body)] * 8)

    assert outcomes(answers) == {"200": 1, "409 already_rotated": 7}
    fresh = next(data_of(answer) for answer in answers if answer.status_code == 200)
    assert data_of(api.with_token(fresh["access"]).get("/auth/me")), "no user is logged out"
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(RefreshToken)) == 2

    setting(refresh_grace_seconds=0)
    assert_refused(api.post("/auth/refresh", json=body), 401, "token_invalid")
    assert_refused(api.with_token(fresh["access"]).get("/auth/me"), 401, "unauthenticated")


def test_of_registration_twins_one_gets_the_account(api):
    body = {
        "email": "ada@example.org",
        "password": PASSWORD,
        "password_confirm": PASSWORD,
        "full_name": "Ada Lovelace",
    }

    answers = at_once(*[lambda: api.post("/auth/register", json=body)] * 8)

    assert outcomes(answers) == {"201": 1, "409 email_taken": 7}


def test_namesakes_who_sign_up_at_once_all_get_a_username(api):
    body = {"password": PASSWORD, "password_confirm": PASSWORD, "full_name": "Ada Lovelace"}
    people = [{**body, "email": f"ada{number}@example.org"} for number in range(8)]

    answers = at_once(*[lambda person=person: api.post("/auth/register", json=person) for person in people])

    assert outcomes(answers) == {"201": 8}
    assert len({data_of(answer, 201)["user"]["username"] for answer in answers}) == 8


def active_admins(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(User).where(User.is_active_admin()))


@pytest.mark.parametrize("act", [("role", {"role": "STUDENT"}), ("deactivate", None)])
@pytest.mark.parametrize("whom", ["each other", "themselves"])
def test_two_admins_never_leave_none(api, app, make, act, whom):
    path, body = act
    first, second = make.admin(), make.admin()
    targets = (second, first) if whom == "each other" else (first, second)
    clients = api.as_(first), api.as_(second)

    answers = at_once(
        lambda: clients[0].post(f"/users/{targets[0].id}/{path}", json=body),
        lambda: clients[1].post(f"/users/{targets[1].id}/{path}", json=body),
    )

    assert min(answer.status_code for answer in answers) == 200
    assert active_admins(app) == 1


def test_a_login_does_not_outlive_a_password_change(api, make):
    user = make.student(email="eve@example.org", password=PASSWORD)
    change = {
        "old_password": PASSWORD,
        "new_password": "Difference-Engine-1822",
        "new_password_confirm": "Difference-Engine-1822",
    }
    owner = api.as_(user)
    login = {"email": "eve@example.org", "password": PASSWORD}

    changed, *logins = at_once(
        lambda: owner.post("/auth/change-password", json=change),
        *[lambda: api.post("/auth/login", json=login)] * 7,
    )

    data_of(changed)
    for answer in logins:
        if answer.status_code == 200:
            access = data_of(answer)["tokens"]["access"]
            assert_refused(api.with_token(access).get("/auth/me"), 401, "unauthenticated")
        else:
            assert_refused(answer, 401, "invalid_credentials")


def test_a_password_change_and_a_logout_everywhere_never_wait_in_a_circle(api, make, monkeypatch):
    user = make.student(email="eve@example.org", password=PASSWORD)
    change = {"old_password": PASSWORD, "new_password": PASSWORD, "new_password_confirm": PASSWORD}
    here, elsewhere = api.as_(user), api.as_(user)
    renew, half_way = sessions.renew, Event()

    def dawdling_renew(*session):
        half_way.set()
        sleep(0.3)
        return renew(*session)

    monkeypatch.setattr(sessions, "renew", dawdling_renew)

    def leave():
        half_way.wait()
        return elsewhere.post("/auth/logout-all")

    answers = at_once(lambda: here.post("/auth/change-password", json=change), leave)

    assert outcomes(answers) == {"200": 2}
    assert_refused(here.get("/auth/me"), 401, "unauthenticated")
