"""The browser client: the files of `frontend/`, and its shell, one document for the paths of all its pages.

The address of a file contains a hash of the whole folder (cache busting), so browsers may cache it for ever; relative
imports between modules keep that part of the address.
"""

from __future__ import annotations

import json
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request
from werkzeug.exceptions import NotFound

from app.settings import settings
from app.web import certificate_pages, compression, conditional_requests, problems, security_headers
from app.web.frontend_files import AT_ROOT, MANIFEST, ROUTES, SERVICE_WORKER, SHELL, Asset, Files, Version

pages = Blueprint("frontend", __name__)

EXTENSION = "rollcall-frontend"
_PAGE = "frontend.show_page"
_FOR_EVER = "public, max-age=31536000, immutable"
_REVALIDATED = "no-cache"


def init_app(app: Flask) -> None:
    folder = Path(app.root_path).parent / "frontend"
    with app.app_context():
        app.extensions[EXTENSION] = Files(folder, timezone=settings().timezone.key)
    app.register_blueprint(pages)
    for path in json.loads((folder / ROUTES).read_text(encoding="utf-8")):
        app.add_url_rule(_rule(path), _PAGE, show_page)
    app.register_error_handler(NotFound, _render_not_found)
    app.add_template_global(_address, "asset")


def _rule(path: str) -> str:
    """`/courses/<ref>` for `/courses/:ref`."""
    return "/".join(f"<{part[1:]}>" if part.startswith(":") else part for part in path.split("/"))


def show_page(number: str | None = None, **_names: str) -> Response:
    """The shell; the client reads the path. That of a certificate, whose number it has, is described for previews."""
    shell = _version().files[SHELL]
    return _send(shell if number is None else certificate_pages.described(shell, number), _REVALIDATED)


@pages.get("/assets/<version>/<path:name>")
def show_asset(version: str, name: str) -> Response:
    """A file of the client; under the name of another version, the file as it is now."""
    current = _version()
    file = None if name in AT_ROOT else current.files.get(name)
    if file is None:
        abort(404)
    return _send(file, _FOR_EVER if version == current.name else _REVALIDATED)


@pages.get(f"/{SERVICE_WORKER}")
def show_service_worker() -> Response:
    """The service worker, at the root, because it works for the paths below its own."""
    return _send_if_there(SERVICE_WORKER)


@pages.get(f"/{MANIFEST}")
def show_manifest() -> Response:
    return _send_if_there(MANIFEST)


def _address(name: str) -> str:
    """Where a file of the client is, for the pages of the server, which have its look."""
    return f"/assets/{_version().name}/{name}"


def _render_not_found(error: NotFound) -> Response:
    """The shell where a browser navigates to a path that nothing serves, for its page about that; else as for all errors."""
    if request.url_rule is not None or _first_part(request.path) in _reserved():
        return problems.render_http(error)
    is_navigation = request.method in {"GET", "HEAD"} and _prefers_a_page()
    response = (
        _send(_version().files[SHELL], _REVALIDATED, status=404)
        if is_navigation
        else problems.render_http(error)
    )
    response.vary.add("Accept")
    return response


def _prefers_a_page() -> bool:
    """Whether a page is preferred to JSON, as it is in the address bar and not with `*/*`."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _reserved() -> set[str]:
    """What the paths that are not the client's begin with: `api`, `docs`, `assets` and the like."""
    return {_first_part(rule.rule) for rule in current_app.url_map.iter_rules() if rule.endpoint != _PAGE}


def _first_part(path: str) -> str:
    return path.split("/")[1]


def _version() -> Version:
    folder: Files = current_app.extensions[EXTENSION]
    return folder.version(is_edited=settings().app_env == "development")


def _send_if_there(name: str) -> Response:
    file = _version().files.get(name)
    if file is None:
        abort(404)
    return _send(file, _REVALIDATED)


def _send(file: Asset, cache_control: str, *, status: int = 200) -> Response:
    packed = file.packed if compression.is_accepted(request) else None
    response = Response(packed or file.content, status, mimetype=file.mimetype)
    response.headers["Cache-Control"] = cache_control
    if file.packed is not None:
        response.vary.add("Accept-Encoding")
    if packed is not None:
        response.headers["Content-Encoding"] = "gzip"
    if file.name in {SHELL, SERVICE_WORKER}:
        response.headers.add(*security_headers.FOR_FRONTEND)
    if status == 200:
        response.set_etag(file.tag, weak=packed is not None)
        return conditional_requests.make_conditional(response)
    return response
