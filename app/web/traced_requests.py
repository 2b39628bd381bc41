"""The span of each request, from its arrival to the last byte of its response, where traces are on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.utils import import_string

from app.observability import traces
from app.observability.logs import PROBES
from app.web import access_log
from app.web.application import Application, Noted, Response, StoringRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from app.observability.spans import RequestSpan, Spans

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_HEADERS = {"HTTP_TRACEPARENT": "traceparent", "HTTP_TRACESTATE": "tracestate"}


def init_app(app: Application) -> None:
    spans = traces.started()
    if spans is None:
        return
    app.wsgi_app = _Traced(app.wsgi_app, spans)  # type: ignore[method-assign]
    describe = import_string("app.observability.spans:describe_request")

    def complete(response: Response, request: StoringRequest, noted: Noted) -> Response:
        describe(access_log.route_of(request), response.status_code, noted.get("request_id", "-"))
        return response

    app.after(complete)


class _Traced:
    """The WSGI application, each request of which has a span."""

    def __init__(self, serve: WSGIApplication, spans: Spans) -> None:
        self._serve, self._spans = serve, spans

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in PROBES:
            return self._serve(environ, start_response)
        method = environ["REQUEST_METHOD"]
        headers = {name: environ[key] for key, name in _HEADERS.items() if key in environ}
        span = self._spans.begin_request(method if method in _METHODS else "_OTHER", headers)
        try:
            with span.current():
                body = self._serve(environ, start_response)
        except BaseException:
            span.end()
            raise
        wrapper = environ.get("wsgi.file_wrapper")
        if not span.is_recorded or (wrapper is not None and isinstance(body, wrapper)):
            # The web server has to recognize a file, which the system sends.
            span.end()
            return body
        return _Body(body, span)


class _Body:
    """A response that is read from the database while it is sent; its span ends with it."""

    def __init__(self, body: Iterable[bytes], span: RequestSpan) -> None:
        self._body, self._span = body, span

    def __iter__(self) -> Iterator[bytes]:
        pieces = iter(self._body)
        while True:
            with self._span.current():
                piece: Any = next(pieces, None)
            if piece is None:
                return
            yield piece

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._span.end()
