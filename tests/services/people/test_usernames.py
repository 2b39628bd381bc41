"""Usernames are made in bounded time, whatever names exist already."""

import io

import pytest
from sqlalchemy import func, select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.db.session import db, transaction
from app.models import User
from app.services.people import usernames
from tests.support.http import data_of

EVERY_FOUR_DIGITS = """
    INSERT INTO users (email, username, first_name)
    SELECT format('%s.%s@example.org', :stem, number), format('%s.%s', :stem, lpad(number::text, 4, '0')), 'A'
    FROM generate_series(0, 9999) AS number
    UNION ALL SELECT format('%s@example.org', :stem), :stem, 'A'
"""


@pytest.fixture
def office(api, make):
    return api.as_(make.admin(email="admin@example.org", username="boss"))


@pytest.fixture
def occupied(app):
    """A stem that is taken, and so are its ten thousand shortest variations."""

    def occupy(stem):
        with app.app_context(), transaction():
            db.session.execute(text(EVERY_FOUR_DIGITS), {"stem": stem})

    return occupy


def send(client, *rows, header="email,first_name,last_name"):
    content = "\n".join([header, *rows]).encode()
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(content), "people.csv")})
    return data_of(
        client.post("/users/import", data=form, content_type=f"multipart/form-data; boundary={boundary}")
    )


@pytest.mark.parametrize(("name", "stem"), [("Mario,Garza", "mario.garza"), ("Li,", "user")])
def test_thousands_of_one_name_are_imported_again_and_again(app, office, name, stem):
    for start in (0, 2_000, 4_000):
        rows = [f"p{number}@example.org,{name}" for number in range(start, start + 2_000)]
        assert send(office, *rows)["counts"]["created"] == 2_000
    assert send(office, f"last@example.org,{name}")["counts"]["created"] == 1

    with app.app_context():
        names = db.session.scalars(select(User.username).where(User.username.startswith(stem))).all()
    assert len(set(names)) == 6_001


@pytest.mark.parametrize(("first_name", "stem"), [("Mario", "mario"), ("Li", "user")])
def test_who_registers_gets_a_name_though_all_short_ones_are_taken(api, office, occupied, first_name, stem):
    occupied(stem)
    body = {"email": "new@example.org", "password": "Analytical-Engine-1843", "first_name": first_name}

    registered = data_of(api.post("/auth/register", json={**body, "password_confirm": body["password"]}), 201)
    made = data_of(office.post("/users", json={"email": "other@example.org", "first_name": first_name}), 201)

    for username in (registered["user"]["username"], made["username"]):
        assert username.startswith(f"{stem}.")
        assert len(username) > len(f"{stem}.0000")


def test_a_name_costs_few_tries_and_the_last_is_unique():
    tries = [usernames.candidates("Mario Garza") for _ in range(100)]

    assert {names[0] for names in tries} == {"mario.garza"}
    assert max(map(len, tries)) <= 4
    assert len({names[-1] for names in tries}) == 100
    assert max(len(names[-1]) for names in [*tries, usernames.candidates("x" * 100)]) <= 60


def test_a_name_that_a_row_asks_for_is_kept_for_it(office):
    rows = ["a@example.org,Ada,,", "b@example.org,Bea,,ada"]

    report = send(office, *rows, header="email,first_name,last_name,username")

    assert report["counts"]["created"] == 2


def test_choosing_names_is_two_questions_however_many_people(app, occupied, statements):
    occupied("mario.garza")

    with app.app_context(), statements() as few:
        usernames.choose(["Mario Garza"] * 2, reserved=())
    with app.app_context(), statements() as many:
        chosen = usernames.choose(["Mario Garza"] * 5_000 + ["Ada"], reserved=["ada"])

    assert len(few) == len(many) == 2
    assert len(set(chosen)) == 5_001
    assert "ada" not in chosen
    with app.app_context():
        assert not db.session.scalar(select(func.count()).where(User.username.in_(chosen)))
