"""The sandbox for testers, in development only: outbox, clock, scenarios and faults. Elsewhere its routes do not exist."""

from flask import Flask

from app.settings import settings
from app.web.sandbox import faults, mails, routes


def init_app(app: Flask) -> None:
    with app.app_context():
        is_development = settings().app_env == "development"
    if is_development:
        app.register_blueprint(mails.pages)
        app.register_blueprint(routes.pages)
        app.before_request(faults.apply)
