"""Delivery of private files: by signed links, with ranges and conditional requests (RFC 9110).

A link names its reader; whether they may read the file is decided at each request. The content is sent by the system from
the disk to the connection (sendfile), by nginx where MEDIA_ACCEL_PATH is set (X-Accel-Redirect), or by the S3 store, to
which the client is redirected with a presigned URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from flask import Blueprint, Flask, Request, redirect
from werkzeug.datastructures import Headers
from werkzeug.http import http_date, parse_range_header
from werkzeug.wrappers import Response as BaseResponse

from app.adapters import media_types, storage
from app.errors.base import NotFound
from app.errors.requests import LinkInvalid, PreconditionFailed
from app.services.content import file_links, files_read
from app.services.content.files_read import Delivery
from app.settings import settings
from app.web.application import Response, current_request

delivery = Blueprint("delivery", __name__)

MOST_AT_ONCE = 8 * 1024 * 1024
"""Bytes of a response to an open range, `bytes=N-`. Players ask for the next ones when they need them; a slow one would
otherwise occupy a thread for as long as the film takes."""

_AT_ONCE = 64 * 1024
_NOTHING = (0, 0)
_CONDITIONS = {
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
}
_SHOWN = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_ISOLATED = f"{_SHOWN}; sandbox"
_PDF = "application/pdf"
"""Browsers show it with a program of their own, which a sandbox would stop."""


def init_app(app: Flask) -> None:
    app.register_blueprint(delivery)


@delivery.get("/media/files/<uuid:file_id>/<path:_name>")
def send_file(file_id: UUID, _name: str) -> BaseResponse:
    """Send the content of a file to the user whom the link is for, if they may read it at this moment."""
    request = current_request()
    reader_id, seconds = file_links.reader_of(file_id, request.args)
    file = files_read.find_delivery(reader_id, file_id)
    if file is None:
        raise LinkInvalid
    url = storage.link(file.stored_as, method=request.method, seconds=seconds)
    if url is not None:
        response = redirect(url, 302)
        response.headers["Cache-Control"] = "no-store"
        return response
    headers = _headers_of(file)
    if settings().media_accel_path:
        headers["X-Accel-Redirect"] = f"{settings().media_accel_path}/{file.stored_as}"
        return Response(status=200, headers=headers)
    return _sent(request, file, headers)


def _headers_of(file: Delivery) -> Headers:
    headers = Headers(media_types.headers_of(file.media_type, file.name))
    headers["Content-Security-Policy"] = _SHOWN if file.media_type == _PDF else _ISOLATED
    headers["Cache-Control"] = "private, no-cache"
    headers["Accept-Ranges"] = "bytes"
    return headers


def _sent(request: Request, file: Delivery, headers: Headers) -> Response:
    tag = f'"{file.stored_as.rpartition("/")[2].partition(".")[0]}"'
    headers["ETag"], headers["Last-Modified"] = tag, http_date(file.created_at)
    if not request.environ.keys().isdisjoint(_CONDITIONS):
        if not _is_expected(request, file, tag):
            raise PreconditionFailed
        if _is_known(request, file, tag):
            return Response(status=304, headers=headers)
    wanted = _wanted(request, file, tag)
    if wanted == _NOTHING:
        return _unsatisfiable(file, headers)
    begin, end = wanted or (0, file.size)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{file.size}"
    headers["Content-Length"] = str(end - begin)
    content = storage.open_file(file.stored_as)
    if content is None:
        raise NotFound
    content.seek(begin)
    return _streamed(request, content, end - begin, 200 if wanted is None else 206, headers)


def _streamed(request: Request, content: BinaryIO, length: int, status: int, headers: Headers) -> Response:
    """The web server's own wrapper lets the system copy: it sends as many bytes as the response announces."""
    if request.method == "HEAD":
        content.close()
        return Response(status=status, headers=headers)
    wrapper = request.environ.get("wsgi.file_wrapper")
    body = wrapper(content, _AT_ONCE) if wrapper else _Part(content, length)
    # The server closes the body, and with it the file.
    return Response(body, status=status, headers=headers, direct_passthrough=True)


class _Part:
    """So many bytes of a file from where it is, for a server that has no wrapper."""

    def __init__(self, content: BinaryIO, length: int) -> None:
        self._content, self._left = content, length

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0 and (piece := self._content.read(min(_AT_ONCE, self._left))):
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        self._content.close()


def _is_expected(request: Request, file: Delivery, tag: str) -> bool:
    if "If-Match" in request.headers:
        return request.if_match.star_tag or request.if_match.contains_raw(tag)
    since = request.if_unmodified_since
    return since is None or file.created_at.replace(microsecond=0) <= since


def _is_known(request: Request, file: Delivery, tag: str) -> bool:
    """Whether the client has the file already. A date counts where no tag is given."""
    if "If-None-Match" in request.headers:
        return request.if_none_match.star_tag or request.if_none_match.contains_raw(tag)
    since = request.if_modified_since
    return since is not None and file.created_at.replace(microsecond=0) <= since


def _still_applies(request: Request, file: Delivery, tag: str) -> bool:
    """Whether the client has another part of this very file (If-Range): by a strong tag, or by the exact date."""
    condition = request.headers.get("If-Range")
    return condition is None or condition in {tag, http_date(file.created_at)}


def _wanted(request: Request, file: Delivery, tag: str) -> tuple[int, int] | None:
    """Begin and end of the part that is asked for; None for the whole."""
    header = request.headers.get("Range")
    if header is None or request.method != "GET" or not _still_applies(request, file, tag):
        return None
    return _range_of(header, file.size)


def _range_of(header: str, size: int) -> tuple[int, int] | None:
    """Begin and end of the only range; `_NOTHING` for one beyond the file; None where the whole file is sent.

    A list of ranges may be ignored, and is: a response to it would repeat parts of the file.
    """
    ranges = parse_range_header(header)
    if ranges is None or ranges.units != "bytes" or len(ranges.ranges) != 1:
        return None
    (begin, end), *_ = ranges.ranges
    if begin < 0:
        return max(0, size + begin), size
    if begin >= size:
        return _NOTHING
    return begin, min(size, begin + MOST_AT_ONCE if end is None else end)


def _unsatisfiable(file: Delivery, headers: Headers) -> Response:
    headers["Content-Range"] = f"bytes */{file.size}"
    for name in ("Content-Disposition", "Content-Type"):
        headers.pop(name, None)
    return Response(status=416, headers=headers)
