"""Open Badges for verifiers: the signed badge, the status lists, and the DID document with the keys.

At the addresses that the standards and the badges themselves name, outside the REST API and its envelope. Any page may
read them (CORS), because verifiers run in browsers as well.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify

from app.db.session import transaction
from app.services.learning import badges

pages = Blueprint("badges", __name__)

JWT = "application/vc+jwt"
_KEPT = "public, max-age=600"
"""What a verifier keeps: a revoked certificate shows there after ten minutes at most."""


def init_app(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.get("/.well-known/did.json")
@pages.get("/did.json")
def show_did_document() -> Response:
    """The issuer of did:web, at the host or below the path of PUBLIC_URL."""
    return _open(jsonify(badges.did_document()), "application/did+json")


@pages.get("/badges/<number>")
def show_signed_badge(number: str) -> Response:
    with transaction():
        return _open(Response(badges.issue(number).jwt), JWT)


@pages.get("/badges/status/<int:number>")
def show_status_list(number: int) -> Response:
    with transaction():
        return _open(Response(badges.status_list(number)), JWT)


def _open(response: Response, mimetype: str) -> Response:
    response.mimetype = mimetype
    response.headers["Cache-Control"] = _KEPT
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
