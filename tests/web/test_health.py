"""The probes report whether the process is up, and what it needs to serve requests."""

import dataclasses
import shutil

import pytest
from sqlalchemy import event, text

from app import create_app
from app.db.session import db, transaction
from tests.support.paths import ROOT
from tests.support.servers import drop_database, make_database


@pytest.fixture
def readiness(app, config):
    """What an application with these settings says of itself; `app` is requested for its clean-up."""
    made = []

    def ask(**values):
        made.append(create_app(dataclasses.replace(config, redis_timeout_seconds=0.2, **values)))
        return made[-1].test_client().get("/readyz")

    yield ask
    for each in made:
        with each.app_context():
            db.engine.dispose()


@pytest.fixture
def readiness_with(config):
    """A client of an application whose migrations lie in this folder."""
    made = create_app(config)

    def client(folder):
        made.config["MIGRATIONS_DIR"] = str(folder)
        return made.test_client()

    yield client
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def at_revision(app):
    """Let the database say that it is at another revision."""

    def move(revision):
        with app.app_context(), transaction():
            before = db.session.scalar(text("SELECT version_num FROM alembic_version"))
            db.session.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
        return before

    returned = []
    yield lambda revision: returned.append(move(revision))
    move(returned[0])


@pytest.fixture
def readiness_after(config):
    """What an application says of itself whose connections have executed this first, as a pooler's would."""
    made = create_app(config)

    def ask(statement):
        def execute(connection, _entry):
            with connection.cursor() as cursor:
                cursor.execute(statement)
            connection.commit()

        with made.app_context():
            event.listen(db.engine, "connect", execute)
        return made.test_client().get("/readyz")

    yield ask
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def unmigrated():
    url = make_database("health", migrated=False)
    yield url.replace("postgresql://", "postgresql+psycopg2://")
    drop_database(url)


def test_the_process_answers(app):
    response = app.test_client().get("/healthz")

    assert response.status_code == 200
    assert response.get_json()["status"] == "ok"


def test_the_dependencies_answer(app):
    response = app.test_client().get("/readyz")

    assert response.status_code == 200
    assert response.get_json() == {"status": "ok", "checks": {"database": "ok", "redis": "ok"}}


def test_without_redis_it_is_ready_for_what_does_without(readiness, nowhere):
    response = readiness(redis_url=nowhere)

    assert response.status_code == 200
    assert response.get_json() == {
        "status": "degraded",
        "checks": {"database": "ok", "redis": "unreachable"},
    }


def test_without_its_database_it_is_not_ready(readiness, nowhere):
    response = readiness(database_url=nowhere.replace("redis://", "postgresql+psycopg2://nobody@"))

    assert response.status_code == 503
    assert response.get_json()["checks"] == {"database": "unreachable", "redis": "ok"}


def test_before_the_migrations_it_is_not_ready(readiness, unmigrated):
    response = readiness(database_url=unmigrated)

    assert response.status_code == 503
    assert response.get_json()["checks"] == {"database": "not migrated", "redis": "ok"}


def test_a_node_without_the_files_of_the_others_is_not_ready(readiness, make, tmp_path):
    """A second node that does not share the folder of the first would answer 404 for its files."""
    make.file(make.lesson(make.section(make.course())), uploaded_by=make.instructor())

    response = readiness(media_check="on", media_dir=str(tmp_path))

    assert response.status_code == 503
    assert response.get_json()["checks"]["files"] == "those of other nodes are missing"
    assert readiness(media_check="on").status_code == 503  # `make.file` writes none
    assert readiness(media_check="off", media_dir=str(tmp_path)).status_code == 200


def test_a_node_that_has_them_is_ready(readiness, make, tmp_path):
    lesson = make.lesson(make.section(make.course()))
    kept, _ = (make.file(lesson, uploaded_by=make.instructor()) for _ in range(2))
    there = tmp_path / kept.stored_as
    there.parent.mkdir(parents=True)
    there.touch()

    assert readiness(media_check="on", media_dir=str(tmp_path)).status_code == 200


def test_the_first_node_has_no_files_yet(readiness, tmp_path):
    assert readiness(media_check="on", media_dir=str(tmp_path)).status_code == 200


@pytest.mark.parametrize(
    ("revision", "status", "said"),
    [
        ("0001", 503, "not migrated"),
        ("0018", 503, "not migrated"),
        ("9999", 200, "ok"),
        ("a1b2c3", 200, "ok"),
    ],
)
def test_a_schema_may_be_newer_than_the_code_and_not_older(app, at_revision, revision, status, said):
    """A deployment that migrates first must not take the processes that still serve out of service."""
    at_revision(revision)

    response = app.test_client().get("/readyz")

    assert response.status_code == status
    assert response.get_json()["checks"]["database"] == said


def test_the_migrations_are_read_once(readiness_with, tmp_path):
    """A probe every second does not read every migration again each time."""
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder)
    client = readiness_with(folder)
    assert client.get("/readyz").status_code == 200

    shutil.rmtree(folder)

    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize(
    "lost", ["SET statement_timeout = 0", "SET timezone = 'Europe/Zurich'", "SET timezone = 'America/Lima'"]
)
def test_without_the_limits_of_its_sessions_it_is_not_ready(readiness_after, lost):
    """PgBouncer drops them without a word: statements would never end, and days begin at another hour."""
    response = readiness_after(lost)

    assert response.status_code == 503
    assert response.get_json()["checks"]["database"] == "limits not in force"


@pytest.mark.parametrize(
    "given", ["SET statement_timeout = '15s'", "SET statement_timeout = '1min'", "SET timezone = 'Etc/UTC'"]
)
def test_limits_of_the_role_or_the_database_are_as_good(readiness_after, given):
    assert readiness_after(given).status_code == 200
