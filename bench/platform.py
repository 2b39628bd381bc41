"""A platform to measure: servers of its own, thrown away afterwards, with users in it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from app import create_app
from app.db.session import db
from environment import config_from, read_environment
from tools import throwaway

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "rollcall_bench"


@contextlib.contextmanager
def running() -> Iterator[dict[str, str]]:
    """The environment of an application on fresh, migrated servers."""
    with throwaway.running_servers("bench", lambda _cluster: None) as servers:
        yield prepared(servers)


def prepared(servers: throwaway.Servers) -> dict[str, str]:
    """The environment of an application on these servers, which are migrated."""
    maintenance = servers.postgres.url("postgres")
    environment = {
        **read_environment(),
        "DATABASE_URL": servers.postgres.url(DATABASE),
        "REDIS_URL": servers.redis.url(),
        "APP_ENV": "development",
        "LOG_LEVEL": "ERROR",
        "RATELIMIT_ENABLED": "off",
    }
    application = create_app(config_from({**environment, "DATABASE_URL": maintenance}))
    with application.app_context(), db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            text(f"CREATE DATABASE {DATABASE}")
        )
    migrate = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    subprocess.run(migrate, cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True)
    return environment


def production(media: str) -> dict[str, str]:
    """What production refuses to start without, behind one proxy that is believed."""
    return {
        "APP_ENV": "production",
        "LOG_LEVEL": "INFO",
        "SECRET_KEY": "a secret of the bench that is long enough",
        "JWT_SECRET_KEY": "another secret of the bench, long enough",
        "PUBLIC_URL": "https://rollcall.example.org",
        "TRUSTED_PROXIES": "1",
        "RATELIMIT_ENABLED": "on",
        "MAIL_TRANSPORT": "smtp",
        "MAIL_FROM": "Rollcall <rollcall@example.org>",
        "MAIL_DOMAIN": "example.org",
        "MEDIA_DIR": media,
    }


def fill(people: int) -> None:
    """An admin, an instructor and this many learners; the planner knows them."""
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    db.session.execute(
        text(
            """
            INSERT INTO users (email, username, first_name, last_name, role, email_verified)
            SELECT 'person' || n || '@example.org', 'person' || n, 'Ada', 'Number ' || n,
                CASE n WHEN 1 THEN 'ADMIN' WHEN 2 THEN 'INSTRUCTOR' ELSE 'STUDENT' END, true
            FROM generate_series(1, :people + 2) AS n
            """
        ),
        {"people": people},
    )
    db.session.commit()
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def make_course() -> str:
    """A published course without learners; returns its id."""
    course_id = db.session.scalar(
        text(
            """
            INSERT INTO courses (slug, title, currency, status, instructor_id)
            SELECT 'course-' || uuid7(), 'A course', 'USD', 'PUBLISHED', id FROM users WHERE role = 'INSTRUCTOR'
            RETURNING id
            """
        )
    )
    db.session.commit()
    return str(course_id)
