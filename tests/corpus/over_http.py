"""What is wrong with a request before it is one: sent as bytes to a real web server."""

from __future__ import annotations

import contextlib
import json
import socket

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
TITLE = b'{"title": "A", "short_description": "b"}'


def posted(headers, body):
    """A course, posted by a user who may; `TOKEN` is theirs."""
    return (
        b"POST /api/v1/courses HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Authorization: Bearer TOKEN\r\nContent-Type: application/json\r\n" + headers + b"\r\n" + body
    )


def chunk(body):
    return f"{len(body):x}".encode() + b"\r\n" + body + b"\r\n"


CHUNKED = b"Transfer-Encoding: chunked\r\n"
OURS = "in our shape"
ITS_OWN = "in the server's own words"
SILENT = "closed"
"""No HTTP was spoken, or the client hung up: nothing to answer."""

CASES = [
    (193, "two lengths", posted(b"Content-Length: 40\r\nContent-Length: 41\r\n", TITLE), {400}, ITS_OWN),
    (194, "negative length", posted(b"Content-Length: -1\r\n", TITLE), {400}, ITS_OWN),
    (
        195,
        "length and chunks",
        posted(b"Content-Length: 40\r\n" + CHUNKED, chunk(TITLE) + b"0\r\n\r\n"),
        {400},
        ITS_OWN,
    ),
    (195, "xchunked", posted(b"Transfer-Encoding: xchunked\r\n", chunk(TITLE)), {400, 501}, ITS_OWN),
    (196, "bad size of a chunk", posted(CHUNKED, b"zz\r\n" + TITLE), {400}, OURS),
    (196, "missing end of a chunk", posted(CHUNKED, b"5\r\n" + TITLE), {400}, OURS),
    (
        197,
        "huge extension of a chunk",
        posted(CHUNKED, b"28;" + b"x" * 100_000 + b"\r\n" + TITLE),
        {400, 413},
        OURS,
    ),
    (198, "NUL in a header", GET + b"X-A: a\x00b\r\n\r\n", {400}, ITS_OWN),
    (198, "CR in a header", GET + b"X-A: a\rb\r\n\r\n", {400}, ITS_OWN),
    (199, "header of 20 kB", GET + b"X-A: " + b"x" * 20_000 + b"\r\n\r\n", {400, 431}, ITS_OWN),
    (
        200,
        "200 headers",
        GET + b"".join(b"X-%d: a\r\n" % n for n in range(200)) + b"\r\n",
        {400, 431},
        ITS_OWN,
    ),
    (
        201,
        "line of 10 kB",
        b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        {400, 414},
        ITS_OWN,
    ),
    (202, "less than announced", posted(b"Content-Length: 400\r\n", TITLE), {400}, SILENT),
    (203, "9 MB announced", posted(b"Content-Length: 9000000\r\n", b"{"), {413}, OURS),
    (204, "40 MB in chunks", posted(CHUNKED, chunk(b" " * 65_536) * 640 + b"0\r\n\r\n"), {413}, OURS),
    (205, "TLS", bytes.fromhex("16030100a5010000a10303") + bytes(200), {400}, SILENT),
]

NUMBERS = sorted({number for number, *_ in CASES})


def exchanged(address, sent):
    """What comes back for these bytes; the end of what is sent is said."""
    with socket.create_connection(address, timeout=20) as connection:
        with contextlib.suppress(OSError):  # it may have heard enough
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        heard = b""
        with contextlib.suppress(OSError):
            while more := connection.recv(65_536):
                heard += more
        return heard


def trouble_with(heard, statuses, voice):
    """What is wrong with these bytes, or None."""
    if not heard:
        return None if voice == SILENT else "no answer"
    head, _, body = heard.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if status not in statuses:
        return f"{status}: {heard[:300]!r}"
    if voice == OURS and json.loads(body)["error"]["status"] != status:
        return f"not in our shape: {heard[:300]!r}"
    return None
