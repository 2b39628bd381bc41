"""The few pages that are not the API: the front door and the icon. The frontend grows in `frontend/`.

Every page, the documentation's among them, runs no inline script and loads nothing from elsewhere; the headers set
here make the browser hold us to it.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

pages = Blueprint("pages", __name__)

_PAGE_POLICY = {
    "default-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# Swagger UI and ReDoc write styles of their own into the page and carry icons and a font in data URLs.
_DOCUMENT_POLICY = {
    **_PAGE_POLICY,
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
}
_DOCUMENTS = {"api-docs.openapi_swagger_ui", "api-docs.openapi_redoc"}


def init_app(app: Flask) -> None:
    app.register_blueprint(pages)
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    """Say what a browser may make of the answer, unless the view has said so."""
    policy = {"default-src": "'none'", "frame-ancestors": "'none'"}
    if response.mimetype == "text/html":
        policy = _DOCUMENT_POLICY if request.endpoint in _DOCUMENTS else _PAGE_POLICY
    written = "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
    response.headers.setdefault("Content-Security-Policy", written)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


@pages.get("/")
def open_front_door() -> AnyResponse:
    """Until the frontend exists, the documentation is the front door."""
    return redirect(url_for("api-docs.openapi_swagger_ui"))


@pages.get("/favicon.ico")
def show_icon() -> Response:
    return current_app.send_static_file("favicon.ico")
