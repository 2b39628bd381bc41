"""The application factory: reading it is reading the architecture."""

from flask import Flask

from app import (
    api,
    cache,
    cli,
    compression,
    cors,
    db,
    health,
    mailer,
    media,
    metrics,
    pages,
    problems,
    reception,
    redis,
    security_headers,
    settings,
    storage,
    telemetry,
    throttling,
    tokens,
    transport,
)
from app.blueprints import ALL
from config import Config, read_environment


def create_app(config: Config | None = None) -> Flask:
    """An application with these settings, or with those of the environment."""
    app = Flask(__name__)
    settings.init_app(app, config or Config.from_env(read_environment()))
    telemetry.init_app(app)
    metrics.init_app(app)
    db.init_app(app)
    tokens.init_app(app)
    redis.init_app(app)
    cache.init_app(app)
    mailer.init_app(app)
    storage.init_app(app)
    problems.init_app(app)
    transport.init_app(app)
    throttling.init_app(app)
    cors.init_app(app)
    compression.init_app(app)
    security_headers.init_app(app)
    api.init_app(app, ALL)
    pages.init_app(app)
    media.init_app(app)
    health.init_app(app)
    reception.init_app(app)
    cli.init_app(app)
    return app
