"""The few pages that are not the API: the front door and the icon. The frontend grows in `frontend/`."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

pages = Blueprint("pages", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.get("/")
def open_front_door() -> AnyResponse:
    """Until the frontend exists, the documentation is the front door."""
    return redirect(url_for("api-docs.openapi_swagger_ui"))


@pages.get("/favicon.ico")
def show_icon() -> Response:
    return current_app.send_static_file("favicon.ico")
