"""`flask doctor` finds what is wrong with a deployment, and says how to mend it."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from app import create_app
from app.adapters import storage
from app.db.session import db
from app.errors.requests import Unavailable
from app.jobs import periodic
from tools import pgbouncer

needs_pgbouncer = pytest.mark.skipif(pgbouncer.program() is None, reason="PgBouncer is not installed")

PARTS = ("database", "limits", "sessions", "clocks", "redis", "storage")


@pytest.fixture
def doctor(app, config):
    """What the doctor says of an application with these settings; `app` is requested for its clean-up."""
    made = []

    def examine(*names, prepare=None, **values):
        made.append(create_app(dataclasses.replace(config, **values)))
        if prepare:
            with made[-1].app_context():
                prepare()
        return made[-1].test_cli_runner().invoke(args=["doctor", *names])

    yield examine
    for each in made:
        with each.app_context():
            for engine in db.engines.values():
                engine.dispose()


def test_a_good_deployment(doctor):
    result = doctor(*PARTS)

    assert result.exit_code == 0, result.output
    title, *lines = result.output.splitlines()
    assert title.startswith("Rollcall ")
    assert [line.split()[:2] for line in lines] == [["ok", name] for name in PARTS]


def test_an_unknown_part_is_refused(doctor):
    result = doctor("databases")

    assert result.exit_code == 2
    assert "database, limits, sessions" in result.output


def test_limits_that_a_pooler_drops(doctor):
    def forget():
        def execute(connection, _entry):
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
            connection.commit()

        event.listen(db.engine, "connect", execute)

    result = doctor("limits", prepare=forget)

    assert result.exit_code == 1
    assert "ALTER ROLE" in result.output
    assert "SET statement_timeout = '15000ms'" in result.output


@needs_pgbouncer
def test_a_pooler_without_a_direct_url(doctor, database_url, config):
    with tempfile.TemporaryDirectory() as folder, pgbouncer.running(Path(folder), database_url) as url:
        pooled = url.replace("postgresql://", "postgresql+psycopg2://")
        alone = doctor("sessions", database_url=pooled)
        beside = doctor(
            "sessions", database_url=pooled, database_direct_url=config.database_url, db_prepare="off"
        )

    assert alone.exit_code == 1
    assert "Set DATABASE_DIRECT_URL" in alone.output
    assert "Set DB_PREPARE=off" in alone.output
    assert beside.exit_code == 0, beside.output


def test_servers_that_do_not_answer(doctor, nowhere):
    result = doctor(
        *("database", "redis"),
        database_url=nowhere.replace("redis://", "postgresql+psycopg2://nobody:hidden@"),
        redis_url=nowhere,
    )

    assert result.exit_code == 1
    assert "PostgreSQL does not answer" in result.output
    assert "Redis does not answer" in result.output
    assert "hidden" not in result.output


def test_files_of_another_node(doctor, make):
    """A second node without the folder of the first is not started, instead of answering 404 later."""
    lesson = make.lesson(make.section(make.course()))
    make.file(lesson, uploaded_by=make.instructor())

    result = doctor("storage")

    assert result.exit_code == 1
    assert "1 of the 1 newest files are missing" in result.output
    assert "MEDIA_STORE=s3" in result.output


def test_a_single_file_that_is_lost_keeps_no_node_from_starting(doctor, make, tmp_path):
    lesson = make.lesson(make.section(make.course()))
    kept, _ = (make.file(lesson, uploaded_by=make.instructor()) for _ in range(2))
    (tmp_path / kept.stored_as).parent.mkdir(parents=True)
    (tmp_path / kept.stored_as).touch()

    result = doctor("storage", media_dir=str(tmp_path))

    assert result.exit_code == 0
    assert "1 of the 2 newest files are missing" in result.output


def test_a_store_that_fails_while_files_are_looked_for(doctor, make, monkeypatch):
    make.file(make.lesson(make.section(make.course())), uploaded_by=make.instructor())

    def fail(_name):
        raise Unavailable

    monkeypatch.setattr(storage, "exists", fail)
    result = doctor("storage")

    assert result.exit_code == 1
    assert "The store of files does not answer" in result.output


def test_a_folder_that_cannot_be_written(doctor, tmp_path):
    (tmp_path / "file").touch()

    result = doctor("storage", media_dir=str(tmp_path / "file" / "media"))

    assert result.exit_code == 1
    assert "Files cannot be written" in result.output


def test_without_a_sweep(doctor):
    result = doctor("workers")

    assert result.exit_code == 1
    assert "No worker takes urgent mail: 0 jobs wait." in result.output
    assert "No sweep runs" in result.output


def test_with_a_sweep(doctor, config):
    engine = create_engine(config.database_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": periodic.LOCK})
        result = doctor("workers")
    engine.dispose()

    assert result.exit_code == 0, result.output
    assert "A sweep runs" in result.output


def test_mail_servers(doctor, sink, nowhere):
    smtp = {"mail_transport": "smtp", "mail_host": "127.0.0.1"}

    sent = doctor("mail", **smtp, mail_port=sink.port)
    lost = doctor("mail", **smtp, mail_port=int(nowhere.rpartition(":")[2].partition("/")[0]))
    idle = doctor("mail", mail_transport="log")

    assert (sent.exit_code, lost.exit_code, idle.exit_code) == (0, 1, 0)
    assert sink.taken == []
    assert "No mail can be sent through 127.0.0.1:" in lost.output
    assert "no mail is sent" in idle.output
