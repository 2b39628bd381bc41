"""The platform with the small demo, on servers of its own that are gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import flask_migrate
from flask import Flask

from app import create_app
from environment import config_from
from tools.throwaway import running_servers


@contextmanager
def running_demo() -> Iterator[Flask]:
    """An application on servers of its own, with the small demo."""
    with tempfile.TemporaryDirectory() as folder, running_servers("examples", lambda _: None) as servers:
        servers.postgres.make_database("rollcall")
        os.environ |= {
            "APP_ENV": "development",
            "DATABASE_URL": servers.postgres.url("rollcall"),
            "REDIS_URL": servers.redis.url(),
            "RATELIMIT_ENABLED": "off",
            "MAIL_TRANSPORT": "file",
            "MAIL_FILE_DIR": folder,
            "MEDIA_DIR": folder,
            "LOG_LEVEL": "ERROR",
        }
        app = create_app(config_from(os.environ))
        with app.app_context():
            flask_migrate.upgrade()
        loaded = app.test_cli_runner().invoke(args=["demo", "load"])
        if loaded.exit_code != 0:
            raise SystemExit(loaded.output)
        yield app
