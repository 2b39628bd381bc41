"""The sandbox for testers: the outbox, in development only. In production its routes do not exist."""

from flask import Flask

from app.settings import settings
from app.web.sandbox import mails


def init_app(app: Flask) -> None:
    with app.app_context():
        is_production = settings().app_env == "production"
    if not is_production:
        app.register_blueprint(mails.pages)
