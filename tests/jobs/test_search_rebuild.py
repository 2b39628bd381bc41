"""Text search vectors of before an upgrade are rebuilt by the sweep, some rows at a time."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location

import pytest
from sqlalchemy import create_engine, select, text

from app.db.session import db, transaction
from app.jobs import periodic
from app.models import InstructorRequest, SearchRebuild
from tests.support.http import data_of
from tests.support.paths import ROOT

(MIGRATION,) = ROOT.glob("migrations/versions/*_folded_words.py")
LISTS = ("/courses", "/users", "/reviews", "/instructor-requests")


@pytest.fixture
def upgrade(config):
    """Vectors are made as they were before, until this is called."""
    specification = spec_from_file_location("folded_words", MIGRATION)
    migration = module_from_spec(specification)
    specification.loader.exec_module(migration)
    engine = create_engine(config.database_url, isolation_level="AUTOCOMMIT")

    def use(function):
        with engine.connect() as connection:
            connection.execute(text(function))

    use(migration.FORMER_WORDS_OF)
    yield lambda: use(migration.WORDS_OF)
    use(migration.WORDS_OF)
    engine.dispose()


@pytest.fixture
def _old(app, make, upgrade):
    """Three rows of each table, written before the upgrade."""
    for number in range(3):
        person = make.student(first_name="Éva", username=f"person{number}")
        course = make.course(title="Économie")
        make.enrollment(course, person)
        make.review(course, person, comment="Économie")
        with app.app_context(), transaction():
            db.session.add(InstructorRequest(user_id=person.id, reason="Économie"))
    with app.app_context(), transaction():
        for table in ("courses", "reviews"):
            db.session.execute(text(f"UPDATE {table} SET search_vector = to_tsvector('simple', 'Économie')"))
    upgrade()


@pytest.fixture
def office(api, make):
    return api.as_(make.admin())


@pytest.fixture
def rebuild(app):
    """What the sweep does about search, until nothing is left; how many transactions it took."""
    chore = next(each for each in periodic.CHORES if each.name == "search")

    def run():
        batches = 1
        with app.app_context():
            while periodic._do(chore):
                batches += 1
        return batches

    return run


def found(client, path):
    question = "eva" if path == "/users" else "economie"
    return len(data_of(client.get(path, query_string={"search": question})))


def times(client, path):
    return sorted(row["updated_at"] for row in data_of(client.get(path)) if "updated_at" in row)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.usefixtures("_old")
def test_rows_of_before_are_found_after_the_sweep(office, rebuild, path):
    assert found(office, path) == 0
    edited = times(office, path)

    rebuild()

    assert found(office, path) == 3
    assert times(office, path) == edited


@pytest.mark.usefixtures("_old")
def test_it_is_done_in_batches_once(app, rebuild, monkeypatch):
    monkeypatch.setattr("app.services.search.search_rebuild.ROWS_AT_ONCE", 2)
    monkeypatch.setattr("app.services.search.courses_search.INDEXED_AT_ONCE", 2)

    assert rebuild() > 8
    assert rebuild() == 1
    with app.app_context():
        assert set(db.session.scalars(select(SearchRebuild.last_id))) == {None}


@pytest.mark.usefixtures("_old")
def test_another_language_is_taken_up_by_the_sweep(app, rebuild, setting):
    rebuild()
    setting(search_language="french")

    rebuild()

    with app.app_context():
        assert set(db.session.scalars(select(SearchRebuild.form))) == {"2 french"}
        stems = db.session.scalars(text("SELECT search_vector::text FROM reviews")).all()
    assert {"'econom'" in stem for stem in stems} == {True}
