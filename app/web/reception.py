"""Early decisions about a request, for the web server, before a thread is assigned to it.

They are how long a body may be, the file that receives a long one, and the response for a request that cannot be passed
to a thread. In the other direction the web server reports here that it is about to stop.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from flask import Response, current_app
from werkzeug.exceptions import HTTPException

from app.adapters import storage
from app.errors.base import catalogue
from app.web import problems
from app.web.application import Application, current_request, noted

EXTENSION = "rollcall-reception"


class Reception:
    """The body limits and the refusals of one application, for its web server."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._routes = app.url_map.bind("")
        self.is_draining: Callable[[], bool] = lambda: False
        """Whether the web server is about to stop. A server that can drain replaces it."""

    def body_limit_for(self, method: str, target: str, authorization: str) -> int:
        """The longest body that the endpoint takes from this caller, in bytes; 0 where it will not be read."""
        body_limit_for = getattr(self._view(method, target), "body_limit_for", None)
        if body_limit_for is None:
            return 0
        with self._app.app_context():
            most: int = body_limit_for(method, authorization)
        return most

    def body_file_for(self, method: str, target: str) -> BinaryIO:
        """A new file for a long body: of a form with a file a draft of the store, which takes it over without a copy."""
        if not getattr(self._view(method, target), "receives_file", False):
            return _temporary_file()
        with self._app.app_context():
            file: Any = storage.open_draft()
        return file

    def _view(self, method: str, target: str) -> Callable[..., Any] | None:
        try:
            endpoint, _ = self._routes.match(unquote(urlsplit(target).path), method=method)
        except (HTTPException, ValueError):
            return None
        return self._app.view_functions[endpoint]

    def refusal(self, code: str) -> bytes:
        """The raw response to a request that the web server could not pass to a thread; then it closes the connection."""
        with self._app.test_request_context():
            problems.assign_request_id(current_request(), noted())
            response = self._app.process_response(problems.render(catalogue()[code]()))
        return _written(response)


def init_app(app: Application) -> None:
    app.extensions[EXTENSION] = Reception(app)


def is_draining() -> bool:
    reception: Reception = current_app.extensions[EXTENSION]
    return reception.is_draining()


def _temporary_file() -> BinaryIO:
    """A file without a name, open until it is closed."""
    with contextlib.ExitStack() as opened:
        file: Any = opened.enter_context(tempfile.TemporaryFile())
        opened.pop_all()
    return file


def _written(response: Response) -> bytes:
    headers = [f"{name}: {value}" for name, value in response.headers]
    head = [f"HTTP/1.1 {response.status}", *headers, "Connection: close", "", ""]
    return "\r\n".join(head).encode("latin-1") + response.get_data()
