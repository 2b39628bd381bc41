"""The application factory: it initializes every component, in order."""

from flask import Flask

from app import cli, settings
from app.adapters import cache, mailer, redis, storage, tokens
from app.blueprints import ALL
from app.db import session
from app.observability import logs, traces
from app.web import (
    access_log,
    api,
    badges,
    compression,
    cors,
    delivery,
    developers,
    frontend,
    health,
    https,
    local_files,
    mail_pages,
    media,
    metrics,
    problems,
    rate_limits,
    reception,
    replica_reads,
    sandbox,
    security_headers,
    traced_requests,
)
from app.web.application import Application
from app.web.collections import serving as collections
from config import Config
from environment import config_from, read_environment


def create_app(config: Config | None = None) -> Flask:
    """An application with these settings, or with those of the environment."""
    app = Application(__name__)
    settings.init_app(app, config or config_from(read_environment()))
    logs.init_app(app)
    traces.init_app(app)
    access_log.init_app(app)
    metrics.init_app(app)
    traced_requests.init_app(app)
    session.init_app(app)
    tokens.init_app(app)
    redis.init_app(app)
    cache.init_app(app)
    mailer.init_app(app)
    storage.init_app(app)
    problems.init_app(app)
    https.init_app(app)
    rate_limits.init_app(app)
    replica_reads.init_app(app)
    cors.init_app(app)
    compression.init_app(app)
    security_headers.init_app(app)
    api.init_app(app, ALL)
    developers.init_app(app)
    frontend.init_app(app)
    mail_pages.init_app(app)
    collections.init_app(app)
    sandbox.init_app(app)
    media.init_app(app)
    local_files.init_app(app)
    delivery.init_app(app)
    badges.init_app(app)
    health.init_app(app)
    reception.init_app(app)
    cli.init_app(app)
    return app
