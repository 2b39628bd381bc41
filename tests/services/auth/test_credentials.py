"""What a login costs, and what becomes of a hash."""

import pytest
from argon2 import PasswordHasher, Type

from app.db.session import db
from app.models import User
from tests.support.http import assert_refused, data_of

PASSWORD = "Analytical-Engine-1843"


@pytest.fixture
def hashings(monkeypatch):
    """Every Argon2 computation, as the parameters of the hash it is about."""
    seen = []
    verify, compute = PasswordHasher.verify, PasswordHasher.hash

    def counting_verify(hasher, stored, password):
        seen.append(stored.rsplit("$", 2)[0])
        return verify(hasher, stored, password)

    def counting_hash(hasher, password, **options):
        seen.append("new")
        return compute(hasher, password, **options)

    monkeypatch.setattr(PasswordHasher, "verify", counting_verify)
    monkeypatch.setattr(PasswordHasher, "hash", counting_hash)
    return seen


def stored_hash(app, user):
    with app.app_context():
        return db.session.get_one(User, user.id).password_hash


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("known@example.org", "wrong"),
        ("known@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("mute@example.org", PASSWORD),
        ("shut@example.org", "wrong"),
        ("shut@example.org", PASSWORD),
        ("new@example.org", "wrong"),
        ("new@example.org", PASSWORD),
    ],
)
def test_every_login_costs_one_hash_of_the_same_kind(api, make, hashings, login, password):
    make.student(email="known@example.org", password=PASSWORD)
    make.student(email="shut@example.org", password=PASSWORD, is_active=False)
    make.student(email="mute@example.org")
    make.student(email="new@example.org", password=PASSWORD, email_verified=False)
    api.post("/auth/login", json={"email": "warm@up", "password": "x"})
    hashings.clear()

    api.post("/auth/login", json={"email": login, "password": password})

    assert hashings == ["$argon2id$v=19$m=8,t=1,p=1"]


def test_a_hash_made_under_old_settings_is_renewed_by_the_next_login(api, app, make, setting):
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1, type=Type.ID).hash(PASSWORD)
    user = make.student(email="ada@example.org", password_hash=old)
    login = {"email": "ada@example.org", "password": PASSWORD}

    data_of(api.post("/auth/login", json=login))
    renewed = stored_hash(app, user)
    data_of(api.post("/auth/login", json=login))

    assert renewed.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert stored_hash(app, user) == renewed


def test_a_failed_login_renews_nothing(api, app, make):
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1, type=Type.ID).hash(PASSWORD)
    user = make.student(email="ada@example.org", password_hash=old)

    response = api.post("/auth/login", json={"email": "ada@example.org", "password": "wrong"})

    assert_refused(response, 401, "invalid_credentials")
    assert stored_hash(app, user) == old


def test_a_damaged_hash_lets_no_user_in(api, make):
    make.student(email="ada@example.org", password_hash="not a hash")

    response = api.post("/auth/login", json={"email": "ada@example.org", "password": PASSWORD})

    assert_refused(response, 401, "invalid_credentials")


def test_a_password_is_the_same_however_its_accents_are_typed(api, make):
    make.student(email="ada@example.org", password="Caf\u00e9-Analytique-1")

    login = {"email": "ada@example.org", "password": "Cafe\u0301-Analytique-1"}

    assert data_of(api.post("/auth/login", json=login))
