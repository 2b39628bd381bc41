"""Uploaded images over HTTP, immutable: a name never refers to another file, so browsers may cache it for ever."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort

from app.adapters import storage
from app.web import conditional_requests

media = Blueprint("media", __name__)

_TYPES = {"webp": "image/webp", "jpg": "image/jpeg", "png": "image/png"}


def init_app(app: Flask) -> None:
    app.register_blueprint(media)


@media.get("/media/<path:name>")
def show_file(name: str) -> Response:
    """Send a picture. Nothing else is public, and there is no directory listing."""
    mimetype = _TYPES.get(name.rpartition(".")[2])
    content = storage.read(name) if mimetype else None
    if content is None:
        abort(404)
    response = Response(content, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(name)
    return conditional_requests.make_conditional(response)
