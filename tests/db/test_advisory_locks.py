"""Where the locks of a session can be trusted: on a connection of its own, to a primary."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from app import create_app
from app.db import advisory_locks
from app.db.session import connect_directly, db
from app.jobs import periodic
from tests.support.paths import ROOT
from tests.support.waiting import until
from tools import pgbouncer

needs_pgbouncer = pytest.mark.skipif(pgbouncer.program() is None, reason="PgBouncer is not installed")

KEY = (5 << 32) + 7
POOLED = "goes through a pooler"


@pytest.fixture
def pooled_url(database_url):
    # A folder below that of pytest would be closed to the account of the servers.
    with (
        tempfile.TemporaryDirectory() as folder,
        pgbouncer.running(Path(folder), database_url) as url,
    ):
        yield url.replace("postgresql://", "postgresql+psycopg2://")


def checked(url, **options):
    engine = create_engine(url, isolation_level="AUTOCOMMIT", **options)
    try:
        with engine.connect() as connection:
            advisory_locks.check(connection)
    finally:
        engine.dispose()


def test_a_session_of_its_own_is_accepted(config):
    checked(config.database_url)


def test_a_connection_that_others_use_too_is_refused(config):
    with pytest.raises(advisory_locks.NoSessionOfOurOwn, match=POOLED):
        checked(config.database_url, poolclass=StaticPool)


@needs_pgbouncer
def test_a_connection_through_pgbouncer_is_refused(pooled_url):
    with pytest.raises(advisory_locks.NoSessionOfOurOwn, match=POOLED):
        checked(pooled_url)


@needs_pgbouncer
def test_migrations_are_refused_through_pgbouncer_and_take_the_direct_url(environment, pooled_url):
    def migrate(**changed):
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
        done = subprocess.run(
            command, cwd=ROOT, env={**environment, **changed}, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    direct = environment["DATABASE_URL"]

    status, said = migrate(DATABASE_URL=pooled_url)
    assert status != 0
    assert "DATABASE_DIRECT_URL" in said
    assert migrate(DATABASE_URL=pooled_url, DATABASE_DIRECT_URL=direct)[0] == 0


@needs_pgbouncer
@pytest.mark.parametrize("is_direct", [False, True])
def test_only_a_direct_connection_sweeps(config, pooled_url, monkeypatch, caplog, is_direct):
    swept = []
    chore = periodic.Chore("note", lambda: 0.02, lambda: swept.append(None))
    monkeypatch.setattr(periodic, "CHORES", (chore,))
    urls = {"database_url": pooled_url, "database_direct_url": config.database_url if is_direct else ""}
    app = create_app(replace(config, sweep_interval_seconds=0.02, **urls))
    stop = threading.Event()

    def sweep():
        with app.app_context():
            connect_directly()
            periodic.run_forever(stop)

    sweeping = threading.Thread(target=sweep)
    sweeping.start()
    until(lambda: swept or POOLED in caplog.text)
    stop.set()
    sweeping.join()

    assert (bool(swept), POOLED in caplog.text) == (is_direct, not is_direct)


def test_a_lock_is_held_by_its_connection_until_it_is_given_up(app):
    with app.app_context(), db.engine.connect() as holder, db.engine.connect() as other:
        assert not advisory_locks.is_held(holder, KEY)
        holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": KEY})

        assert advisory_locks.is_held(holder, KEY)
        assert not advisory_locks.is_held(other, KEY)
        assert not advisory_locks.is_held(holder, KEY + 1)

        holder.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": KEY})
        assert not advisory_locks.is_held(holder, KEY)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no TCP_USER_TIMEOUT")
def test_a_connection_is_given_up_when_the_machine_of_the_database_is_gone(app):
    with app.app_context(), db.engine.connect() as connection:
        descriptor = os.dup(connection.connection.dbapi_connection.fileno())
        with socket.socket(fileno=descriptor) as end:
            options = ("TCP_USER_TIMEOUT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")
            seen = {name: end.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in options}

    assert seen == {
        "TCP_USER_TIMEOUT": 5_000,
        "TCP_KEEPIDLE": 3,
        "TCP_KEEPINTVL": 1,
        "TCP_KEEPCNT": 2,
    }
