"""`flask users create-admin`: the first admin, and the same one again."""

import pytest
from sqlalchemy import select

from app.db.session import db
from app.enums import Role
from app.models import User
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in

PASSWORD = "Analytical-Engine-1843"


@pytest.fixture
def create_admin(app):
    def run(*, email="boss@example.org", password=PASSWORD):
        environment = {"ADMIN_EMAIL": email, "ADMIN_PASSWORD": password}
        return app.test_cli_runner().invoke(args=["users", "create-admin"], env=environment)

    return run


def everybody(app):
    with app.app_context():
        return db.session.scalars(select(User)).all()


def test_the_first_admin_can_log_in(api, create_admin):
    result = create_admin()

    assert result.exit_code == 0, result.output
    login = {"email": "boss@example.org", "password": PASSWORD}
    user = data_of(api.post("/auth/login", json=login))["user"]
    assert (user["role"], user["email_verified"]) == ("ADMIN", True)


def test_a_second_run_changes_nothing(api, app, create_admin):
    create_admin()
    result = create_admin(email="BOSS@example.org", password="Another-Engine-1843")

    assert result.exit_code == 0, result.output
    assert len(everybody(app)) == 1
    assert data_of(api.post("/auth/login", json={"email": "boss@example.org", "password": PASSWORD}))


def test_an_account_that_exists_becomes_an_admin(app, make, create_admin):
    make.student(email="boss@example.org", is_active=False)

    assert create_admin().exit_code == 0

    (boss,) = everybody(app)
    assert (boss.role, boss.is_active) == (Role.ADMIN, True)


def log_in(api, password):
    return api.post("/auth/login", json={"email": "boss@example.org", "password": password})


@pytest.fixture
def stranger(api, stored):
    """Who signed up under the operator's address, and is somehow logged in."""
    sign_up = {"email": "boss@example.org", "first_name": "Eve"}
    sign_up |= {"password": "Strangers-engine-77", "password_confirm": "Strangers-engine-77"}
    data_of(api.post("/auth/register", json=sign_up), 201)
    (user,) = stored(select(User))
    return api.as_(user)


def test_an_unconfirmed_account_gets_the_password_of_the_operator(api, stranger, create_admin):
    result = create_admin()

    assert result.exit_code == 0, result.output
    assert data_of(log_in(api, PASSWORD))["user"]["role"] == "ADMIN"
    assert_refused(log_in(api, "Strangers-engine-77"), 401, "invalid_credentials")
    assert_refused(stranger.get("/auth/me"), 401, "unauthenticated")


def test_a_mail_to_a_stranger_moves_no_admin_to_another_address(api, stranger, create_admin, mailbox):
    wish = {"new_email": "eve@example.com", "password": "Strangers-engine-77"}
    data_of(stranger.post("/auth/change-email", json=wish))
    (mail,) = mailbox("eve@example.com")

    create_admin()

    answer = api.post("/auth/confirm-email", json={"token": token_in(mail)})
    assert_refused(answer, 400, "token_invalid")


def test_a_weak_password_makes_no_admin_of_an_unconfirmed_account(api, app, stranger, create_admin):
    assert create_admin(password="weak").exit_code != 0

    assert [user.role for user in everybody(app)] == [Role.STUDENT]
    assert_refused(log_in(api, "Strangers-engine-77"), 403, "email_not_verified")


def test_a_kept_password_is_reported(make, create_admin):
    make.student(email="boss@example.org")

    assert "keeps its own password" in create_admin().output


@pytest.mark.parametrize(("email", "password"), [("boss", PASSWORD), ("boss@example.org", "weak")])
def test_what_is_wrong_is_said_and_nothing_is_made(app, create_admin, email, password):
    result = create_admin(email=email, password=password)

    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert everybody(app) == []


def test_without_the_environment_it_asks(app):
    answers = "boss@example.org\n" + f"{PASSWORD}\n" * 2

    result = app.test_cli_runner().invoke(args=["users", "create-admin"], input=answers)

    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    assert [user.email for user in everybody(app)] == ["boss@example.org"]
