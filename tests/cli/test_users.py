"""`flask users create-admin`: the first admin, and the same one again."""

import pytest
from sqlalchemy import select

from app.db import db
from app.enums import Role
from app.models import User
from tests.http import data_of

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
