"""What the web server asks the application about a request that no thread has yet."""

from __future__ import annotations

from flask import Flask, Response

from app import problems
from app.errors import catalogue

EXTENSION = "rollcall-reception"


class Reception:
    """One application's answers to its web server."""

    def __init__(self, app: Flask) -> None:
        self._app = app

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
