"""The page for developers, the favicon, and the links to the documentation."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, render_template

from app.settings import settings
from app.web.openapi import document
from app.web.openapi.examples.requests import PASSWORD

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

DEMO_LOGINS = (
    ("admin@example.org", "Admin"),
    ("instructor@example.org", "Instructor; also instructor2 and instructor3"),
    ("student@example.org", "Student; also student2 to student5"),
)


def init_app(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.get("/developers")
def show_developers() -> str:
    """For developers: where the documents, the collections and the demo logins are."""
    has_demo = settings().app_env == "development"
    return render_template(
        "developers.html",
        api="/api/v1",
        address=document.address(),
        has_sandbox="sandbox" in current_app.blueprints,
        logins=DEMO_LOGINS if has_demo else (),
        password=PASSWORD if has_demo else "",
    )


@pages.get("/favicon.ico")
def show_icon() -> Response:
    return current_app.send_static_file("favicon.ico")


def links() -> dict[str, dict[str, str]]:
    """`{"links": {"docs": "https://…/docs", …}}`: the absolute URL of each page that describes the API."""
    return {"links": {name: f"{settings().public_url}{path}" for name, path in DOCUMENTATION.items()}}
