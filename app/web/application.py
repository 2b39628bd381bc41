"""The Flask application class, with hooks that get their request, and responses that are sent as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BufferedReader, BytesIO, RawIOBase
from typing import TYPE_CHECKING, Any

import flask
from flask import Flask, Request, g, request
from flask.ctx import _AppCtxGlobals
from flask.sessions import NullSession, SessionInterface
from werkzeug.datastructures import FileStorage, Headers, ImmutableMultiDict
from werkzeug.wrappers import Response as BaseResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Noted = _AppCtxGlobals
"""What is noted about a request: the object behind `flask.g`."""

_READ_AHEAD = 1024 * 1024
"""As much as gunicorn reads from a connection at once."""

_LOCATIONS = frozenset({"location", "content-location"})


class StoringRequest(flask.Request):
    """A request whose uploaded files may be received into a store."""

    open_stream: Callable[[], Any] | None = None
    """Opens what the content of each file of a form is written to; by default memory, and then a temporary file."""

    def take_form(self, name: str, file: FileStorage) -> None:
        """Set the form: one file, which has been received elsewhere."""
        files = ImmutableMultiDict([(name, file)])
        self.__dict__.update(stream=BytesIO(), form=ImmutableMultiDict(), files=files)

    def _get_file_stream(self, *args: Any, **options: Any) -> Any:
        return self.open_stream() if self.open_stream else super()._get_file_stream(*args, **options)

    def _get_stream_for_parsing(self) -> Any:
        """Gunicorn reads ahead, and copies what it has read ahead at each smaller read."""
        stream: Any = super()._get_stream_for_parsing()
        return (
            BufferedReader(stream, _READ_AHEAD)
            if self.open_stream and isinstance(stream, RawIOBase)
            else stream
        )


class Response(flask.Response):
    """A response whose headers are neither copied nor checked again when it is sent."""

    def add_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        """Append headers whose texts are the application's own: Werkzeug would search each of them for line ends."""
        self.headers._list.extend(headers)

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Werkzeug copies and checks them all, to complete a location or a length. Most responses need neither."""
        has_body = self.status_code >= 200 and self.status_code not in {204, 304}
        names = {name.lower() for name, _ in self.headers}
        if has_body and "content-length" in names and names.isdisjoint(_LOCATIONS):
            return self.headers
        headers = super().get_wsgi_headers(environ)
        if self.status_code == 204:
            headers.pop("Content-Type", None)  # there is no content
        return headers


def current_request() -> StoringRequest:
    """The object behind `flask.request`, which looks for it at every use."""
    found: StoringRequest = request._get_current_object()  # type: ignore[attr-defined]
    return found


def noted() -> Noted:
    """The object behind `flask.g`."""
    found: Noted = g._get_current_object()
    return found


Before = Callable[[StoringRequest, Noted], BaseResponse | None]
After = Callable[[Response, StoringRequest, Noted], Response]


class _NoSessions(SessionInterface):
    """There are no cookies. Flask's own sessions derive a key for each request, to look for one."""

    def open_session(self, _app: Flask, _request: Request) -> NullSession:
        return NullSession()


class Application(Flask):
    """Flask with hooks that are passed the request, and without support for coroutines and sessions."""

    request_class = StoringRequest
    response_class = Response
    session_interface = _NoSessions()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._before: list[Before] = []
        self._after: list[After] = []

    def before(self, hook: Before) -> None:
        """Call it before every request, in the order of registration. A response that it returns is the answer."""
        self._before.append(hook)

    def after(self, hook: After) -> None:
        """Call it after every request, in the reverse order of registration."""
        self._after.insert(0, hook)

    def preprocess_request(self) -> Any:
        about = current_request(), noted()
        for hook in self._before:
            response = hook(*about)
            if response is not None:
                return response
        return super().preprocess_request()

    def process_response(self, response: Any) -> Any:
        response = super().process_response(response)
        about = current_request(), noted()
        for hook in self._after:
            response = hook(response, *about)
        return response

    def make_default_options_response(self) -> Response:
        """OPTIONS: the methods of the path, and no content. Flask's own is an empty page of HTML."""
        response = Response(status=204)
        response.allow.update(sorted(super().make_default_options_response().allow))
        return response

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Flask looks at each view and hook, on each request, for whether it is a coroutine."""
        return func
