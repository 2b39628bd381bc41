"""Statements that are built once: prepared on each connection, in autocommit mode or in the open transaction."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    Integer,
    NullPool,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    create_engine,
    func,
    insert,
    select,
    table,
    text,
)
from sqlalchemy.exc import DataError, OperationalError

from app import create_app
from app.adapters import tokens
from app.db.listings import built_once
from app.db.session import db, savepoint, transaction
from app.db.statements import Statement, value_of
from app.enums import Role
from app.models import User
from tests.support.http import PREFIX, assert_refused, data_of


class Named(NamedTuple):
    id: UUID
    role: Role


BY_NAME = Statement(
    lambda: select(User.id, User.role).where(User.username == bindparam("name", type_=Text())), Named
)
LONGEST = Statement(lambda: select(func.length(cast(bindparam("said", type_=Text()), Text))), int)
ADDED = Statement(
    lambda: (
        insert(User)
        .values(
            email=bindparam("email", type_=Text()),
            username=bindparam("name", type_=Text()),
            role=Role.STUDENT,
        )
        .returning(User.id)
    ),
    value_of,
)


@pytest.fixture
def prepared(app):
    """The names of the statements that the connections of the pool have prepared, of which one is open."""

    def read():
        return db.session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()

    return read


def test_a_row_has_the_types_of_its_columns(app, make):
    admin = make.admin(username="ada")

    with app.app_context():
        found = BY_NAME.first({"name": "ada"})

    assert found == (admin.id, Role.ADMIN)
    assert isinstance(found.role, Role)


def test_without_a_row_there_is_none(app):
    with app.app_context():
        assert BY_NAME.first({"name": "nobody"}) is None
        assert BY_NAME.all({"name": "nobody"}) == []


@pytest.mark.parametrize("said", ["", "100 %", "%s", "it's", "$1", "\\", "a\nb", "žluťoučký"])
def test_a_value_stays_what_it_is(app, setting, said):
    for mode in ("auto", "off"):
        setting(db_prepare=mode)
        with app.app_context():
            assert LONGEST.first({"said": said}) == len(said)


def test_it_is_prepared_once_on_a_connection(app, prepared):
    with app.app_context():
        db.engine.dispose()
        with transaction():
            for _ in range(3):
                BY_NAME.first({"name": "ada"})
            names = [each for each in prepared() if "users.username" in each]

    assert len(names) == 1


def test_it_is_prepared_again_after_the_server_closed_the_connection(app):
    own_process = Statement(lambda: select(func.pg_backend_pid()), value_of)
    with app.app_context():
        before = own_process.first({})
        with create_engine(db.engine.url, poolclass=NullPool).begin() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:before, 5000)"), {"before": before})

        assert own_process.first({}) != before


def test_nothing_is_prepared_where_the_setting_says_so(app, setting, prepared, statements):
    setting(db_prepare="off")
    with app.app_context():
        db.engine.dispose()
        with statements() as seen, transaction():
            BY_NAME.first({"name": "ada"})
            names = prepared()

    assert names == []
    assert seen[0].startswith("SELECT users.id")


def test_requests_need_no_prepared_statements(api, make, setting):
    setting(db_prepare="off")
    student, course = make.student(), make.course()
    lesson = make.lesson(make.section(course))
    client = api.as_(student)

    enrolled = data_of(client.post(f"/courses/{course.slug}/enroll"), 201)
    done = data_of(client.post(f"/lessons/{lesson.id}/complete"))

    assert (enrolled["status"], done["status"]) == ("ACTIVE", "COMPLETED")
    for path in ("/courses?search=course", f"/courses/{course.code}", "/enrollments", "/dashboard/stats"):
        assert client.get(path).status_code == 200


def test_outside_of_a_transaction_it_is_committed_at_once(app, make):
    with app.app_context():
        added = ADDED.first({"email": "ada@example.org", "name": "ada"})
        db.session.rollback()

        assert db.session.get(User, added) is not None


def test_inside_of_a_transaction_it_belongs_to_it(app):
    with app.app_context():
        with transaction(), savepoint() as undo:
            ADDED.first({"email": "ada@example.org", "name": "ada"})
            assert BY_NAME.first({"name": "ada"}) is not None
            undo()

        assert BY_NAME.first({"name": "ada"}) is None


def test_a_message_can_be_a_transaction_of_its_own(app):
    with app.app_context():
        with transaction():
            ADDED.commit_first(BY_NAME, {"email": "ada@example.org", "name": "ada"})
            db.session.rollback()

        assert BY_NAME.first({"name": "ada"}) is not None


def test_no_message_is_committed_before_the_transaction_that_has_begun(app):
    with app.app_context():
        with transaction():
            db.session.execute(text("SELECT"))
            found = ADDED.commit_first(BY_NAME, {"email": "ada@example.org", "name": "ada"})

        assert found is None
        assert BY_NAME.first({"name": "ada"}) is None


def test_inside_of_a_transaction_it_sees_what_the_session_has_not_written_yet(app):
    with app.app_context(), transaction():
        db.session.add(User(email="ada@example.org", username="ada"))

        assert BY_NAME.first({"name": "ada"}) is not None


def test_an_error_of_the_driver_is_raised_as_that_of_sqlalchemy(app):
    broken = Statement(lambda: select(cast(bindparam("said", type_=Text()), Integer)), int)

    with app.app_context():
        with pytest.raises(DataError):
            broken.first({"said": "x"})

        assert broken.first({"said": "7"}) == 7


def test_a_connection_whose_plans_no_longer_fit_a_changed_table_is_given_up(app):
    things = table("things_of_a_test", column("id", Uuid()), column("size", Integer()))
    sizes = Statement(lambda: select(things.c.size).where(things.c.id == bindparam("id", type_=Uuid())), int)
    values = {"id": uuid4()}

    def alter(statement):
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))

    with app.app_context():
        alter("CREATE TABLE things_of_a_test (id uuid, size integer)")
        try:
            sizes.first(values)
            alter("ALTER TABLE things_of_a_test ALTER size TYPE bigint")

            with pytest.raises(OperationalError):
                sizes.first(values)
            assert sizes.first(values) is None
        finally:
            alter("DROP TABLE things_of_a_test")


def test_a_statement_that_is_built_again_is_prepared_only_once(app, prepared):
    with app.app_context():
        db.engine.dispose()
        with transaction():
            for _ in range(3):
                Statement(
                    lambda: select(User.id).where(User.username == bindparam("name", type_=Text())), UUID
                ).all({"name": "ada"})
            names = [each for each in prepared() if "users.username" in each]

    assert len(names) == 1


@pytest.mark.parametrize("path", ["/courses", "/courses/any", "/auth/me"])
def test_without_a_database_the_answer_is_503(config, path):
    gone = dataclasses.replace(config, database_url="postgresql+psycopg2://rollcall@127.0.0.1:1/rollcall")
    app = create_app(gone)
    with app.app_context():
        token = tokens.access(uuid4(), uuid4())

    response = app.test_client().get(f"{PREFIX}{path}", headers={"Authorization": f"Bearer {token}"})

    assert_refused(response, 503, "unavailable")


def test_a_filter_of_another_type_is_not_made_a_constant():
    with pytest.raises(TypeError, match="date"):
        built_once(lambda **_: None, query={"day": date(2026, 1, 1)}, values={})
