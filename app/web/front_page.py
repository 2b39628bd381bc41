"""The front page, the favicon, and the links to the documentation."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.settings import settings

pages = Blueprint("pages", __name__)

DOCUMENTATION = {
    "docs": "/docs",
    "redoc": "/redoc",
    "openapi": "/openapi.json",
    "postman": "/postman.json",
    "hoppscotch": "/hoppscotch.json",
    "problems": "/problems",
}
"""The pages that describe the API, by path."""


def init_app(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.get("/")
def redirect_to_docs() -> AnyResponse:
    """Redirect to the documentation, as long as there is no frontend."""
    return redirect(url_for("api-docs.openapi_swagger_ui"))


@pages.get("/favicon.ico")
def show_icon() -> Response:
    return current_app.send_static_file("favicon.ico")


def links() -> dict[str, dict[str, str]]:
    """`{"links": {"docs": "https://…/docs", …}}`: the absolute URL of each page that describes the API."""
    return {"links": {name: f"{settings().public_url}{path}" for name, path in DOCUMENTATION.items()}}
