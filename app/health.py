"""Probes: is the process up, and can it do its work."""

from __future__ import annotations

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, jsonify
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app import redis
from app.db import db
from app.settings import settings

probes = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(probes)


@probes.get("/healthz")
def is_alive() -> Response:
    """The process answers. No database, no Redis."""
    return jsonify(status="ok", run_id=settings().run_id)


@probes.get("/readyz")
def is_ready() -> Response:
    """Database at the newest migration, and Redis: 503 names what is missing."""
    checks = {"database": _database(), "redis": _redis()}
    is_ok = set(checks.values()) == {"ok"}
    response = jsonify(status="ok" if is_ok else "unavailable", checks=checks)
    response.status_code = 200 if is_ok else 503
    return response


def _database() -> str:
    newest = ScriptDirectory(current_app.config["MIGRATIONS_DIR"]).get_current_head()
    try:
        with db.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError:
        return "unreachable"
    return "ok" if current == newest else "not migrated"


def _redis() -> str:
    try:
        redis.connection().ping()
    except RedisError:
        return "unreachable"
    return "ok"
