"""Serving the collections: `/postman.json`, `/hoppscotch.json` and their environments.

They are made once per process, and the address that the client used is filled in, as in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from flask import Blueprint, Flask, Response, current_app

from app.settings import settings
from app.web import conditional_requests
from app.web.collections.files import Collections
from app.web.openapi import document

pages = Blueprint("collections", __name__)

NAMES = (
    "postman.json",
    "postman-environment.json",
    "hoppscotch.json",
    "hoppscotch-environment.json",
    "arazzo.json",
)
_EXTENSION = "rollcall-collections"


def init_app(app: Flask) -> None:
    app.register_blueprint(pages)


def files() -> dict[str, Callable[[str], bytes]]:
    """The files by name, from the OpenAPI document of this application."""
    made: dict[str, Callable[[str], bytes]] | None = current_app.extensions.get(_EXTENSION)
    if made is None:
        api = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
        is_production = settings().app_env == "production"
        made = Collections(api.spec.to_dict(), is_production=is_production).files()
        current_app.extensions[_EXTENSION] = made
    return made


def _send(name: str) -> Response:
    content = files()[name](document.address())
    response = Response(content, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="rollcall-{name}"'
    response.set_etag(sha256(content).hexdigest()[:24], weak=True)
    return conditional_requests.make_conditional(response)


@pages.get("/postman.json")
def show_postman() -> Response:
    """The collection for Postman and Newman."""
    return _send("postman.json")


@pages.get("/postman-environment.json")
def show_postman_environment() -> Response:
    return _send("postman-environment.json")


@pages.get("/hoppscotch.json")
def show_hoppscotch() -> Response:
    """The collection for Hoppscotch and its CLI."""
    return _send("hoppscotch.json")


@pages.get("/hoppscotch-environment.json")
def show_hoppscotch_environment() -> Response:
    return _send("hoppscotch-environment.json")


@pages.get("/arazzo.json")
def show_workflow() -> Response:
    """The bulk assignment as an Arazzo document."""
    return _send("arazzo.json")
