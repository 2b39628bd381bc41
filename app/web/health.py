"""Health checks: liveness (`/healthz`) and readiness (`/readyz`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, jsonify
from redis.exceptions import RedisError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.adapters import redis
from app.db.session import db
from app.services.content import shared_files
from app.settings import settings
from app.web import reception

probes = Blueprint("health", __name__)

_LIMITS = text(
    "SELECT current_setting('statement_timeout') <> '0' AND current_setting('TimeZone') IN ('UTC', 'Etc/UTC', 'GMT')"
)


def init_app(app: Flask) -> None:
    app.register_blueprint(probes)


@probes.get("/healthz")
def is_alive() -> Response:
    """Liveness: the process responds. No database, no Redis."""
    return jsonify(status="ok", run_id=settings().run_id)


@probes.get("/readyz")
def is_ready() -> Response:
    """Readiness: 503 where requests would fail, and where the web server is about to stop. Redis is optional."""
    checks = {"database": _database(), "redis": _redis()}
    if reception.is_draining():
        return _response("draining", 503, checks)
    if checks["database"] != "ok":
        return _response("unavailable", 503, checks)
    if not _has_files():
        return _response("unavailable", 503, {**checks, "files": "those of other nodes are missing"})
    return _response("ok" if checks["redis"] == "ok" else "degraded", 200, checks)


def _response(status: str, code: int, checks: Mapping[str, str]) -> Response:
    response = jsonify(status=status, checks=checks)
    response.status_code = code
    return response


def _database() -> str:
    try:
        with db.engine.connect() as connection:
            if not is_migrated(connection):
                return "not migrated"
            return "ok" if has_limits(connection) else "limits not in force"
    except SQLAlchemyError:
        return "unreachable"


def _has_files() -> bool:
    """Whether this node can send what other nodes received. Seen once, it is not looked at again."""
    seen = current_app.extensions.setdefault("rollcall-files-seen", [])
    if not seen and shared_files.is_checked():
        try:
            if shared_files.are_missing():
                return False
        except SQLAlchemyError:
            return False
        seen.append(True)
    return True


def is_migrated(connection: Connection) -> bool:
    """Whether the database has every migration of this code, or newer ones."""
    current = MigrationContext.configure(connection).get_current_revision()
    return current is not None and current not in _older_revisions(current_app.config["MIGRATIONS_DIR"])


def has_limits(connection: Connection) -> bool:
    """Whether statements are limited, and days begin in UTC. A pooler that drops `options` drops both (PgBouncer)."""
    return bool(connection.scalar(_LIMITS))


@cache
def _older_revisions(folder: str) -> frozenset[str]:
    """All migrations of this code except the newest. Read once: nothing changes them while this code runs.

    An unknown revision comes from newer code: a deployment that migrates first, while this process keeps serving.
    """
    ours = [script.revision for script in ScriptDirectory(folder).walk_revisions()]
    return frozenset(ours[1:])


def _redis() -> str:
    try:
        redis.connection().ping()
    except RedisError:
        return "unreachable"
    return "ok"
