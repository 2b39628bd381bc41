"""What the web server asks the application about a request that no thread has yet.

Whether its body is worth waiting for, and what to answer where it cannot hand the request over.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from app.errors.base import catalogue
from app.web import problems

EXTENSION = "rollcall-reception"


class Reception:
    """One application's answers to its web server."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._routes = app.url_map.bind("")

    def most_awaited(self, method: str, target: str, authorization: str) -> int:
        """The longest body that the endpoint takes from this caller, in bytes; 0 where it will not be read."""
        try:
            endpoint, _ = self._routes.match(unquote(urlsplit(target).path), method=method)
        except (HTTPException, ValueError):
            return 0
        most_awaited = getattr(self._app.view_functions[endpoint], "most_awaited", None)
        if most_awaited is None:
            return 0
        with self._app.app_context():
            most: int = most_awaited(method, authorization)
        return most

    def refusal(self, code: str) -> bytes:
        """The answer, as it is sent, to a request that the web server could not hand over; then it hangs up."""
        with self._app.test_request_context():
            problems.name_request()
            response = self._app.process_response(problems.render(catalogue()[code]()))
        return _written(response)


def init_app(app: Flask) -> None:
    app.extensions[EXTENSION] = Reception(app)


def _written(response: Response) -> bytes:
    headers = [f"{name}: {value}" for name, value in response.headers]
    head = [f"HTTP/1.1 {response.status}", *headers, "Connection: close", "", ""]
    return "\r\n".join(head).encode("latin-1") + response.get_data()
