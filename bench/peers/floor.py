"""The floor: one WSGI callable with psycopg2 and prepared statements, which answers the requests of the bench as we do.

Token, session and user are checked on each request; path, query and body are looked at no further than these requests
need. There is no limiter, no log, no metrics, no header but the content's type and length, no ETag.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
import psycopg2
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from psycopg2 import extensions

from bench.peers import reads, writes
from bench.peers.answers import course, course_page, enrollment, page, person
from bench.peers.cursors import Links
from bench.peers.statement import Statement
from bench.peers.tokens import Keys, TokenRefusedError

Row = Mapping[str, Any]

STATEMENTS = (*reads.ALL, *writes.ALL)

_keys = Keys(os.environ["JWT_SECRET_KEY"].encode())
_links = Links(os.environ["PUBLIC_URL"], os.environ["SECRET_KEY"].encode())
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_slots = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) - 1))
_of_thread = threading.local()
_columns: dict[str, tuple[str, ...]] = {}


class RefusedError(Exception):
    """The answer is no."""


@dataclass(slots=True)
class Request:
    path: str
    ids: list[str]
    """those in the path"""
    query: Mapping[str, str]
    body: Any
    address: str
    user_id: str = ""
    role: str = ""


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    try:
        status, sentence, members = _answer(environ)
        body = msgspec.json.encode({"success": True, "message": sentence, **members})
    except TokenRefusedError:
        status, body = "401 Unauthorized", b'{"success":false}'
    except RefusedError:
        status, body = "409 Conflict", b'{"success":false}'
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _answer(environ: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    path = environ["PATH_INFO"]
    pieces = path.split("/")[3:]
    view = _VIEWS[
        environ["REQUEST_METHOD"], "/".join("ID" if len(piece) == 36 else piece for piece in pieces)
    ]
    query = dict(parse_qsl(environ["QUERY_STRING"])) if environ["QUERY_STRING"] else {}
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = msgspec.json.decode(environ["wsgi.input"].read(length)) if length else None
    ids = [piece for piece in pieces if len(piece) == 36]
    request = Request(path, ids, query, body, environ["REMOTE_ADDR"])
    if view.is_for_caller:
        _authenticate(request, environ.get("HTTP_AUTHORIZATION", ""))
    return view.status, view.sentence, view.act(request)


def _authenticate(request: Request, authorization: str) -> None:
    claims = _keys.read(authorization)
    found = _one(reads.CALLER, claims["sid"])
    if found is None or found["id"] != claims["sub"]:
        raise TokenRefusedError
    request.user_id, request.role = found["id"], found["role"]


def _list_courses(request: Request) -> Row:
    if "search" in request.query:
        rows, key = _all(reads.SEARCH, request.user_id, request.query["search"].lower()), "rank"
    else:
        rows, key = _all(reads.LIST, request.user_id), "created_at"
    return page(rows, course, key, links=_links, path=request.path, query=request.query)


def _show_course(request: Request) -> Row:
    found = _given(_one(reads.SHOW, request.user_id, *request.ids))
    return {"data": course_page(found, _as_sent(found["version"]), _as_sent(found["sections"]))}


def _as_sent(json: str | None) -> msgspec.Raw | None:
    """What PostgreSQL has made, as it is."""
    return None if json is None else msgspec.Raw(json.encode())


def _list_enrollments(request: Request) -> Row:
    rows = _all(reads.MINE, request.user_id)
    return page(rows, enrollment, "enrolled_at", links=_links, path=request.path, query=request.query)


def _show_stats(_request: Request) -> Row:
    numbers = {name: int(number) for name, number in _given(_one(reads.STATS)).items()}
    return {"data": {"as_of": datetime.now(UTC), **numbers}}


def _enroll(request: Request) -> Row:
    if request.role != "STUDENT":
        raise RefusedError
    who = (request.user_id, *request.ids)
    return {"data": enrollment(_given(_behind_lock(writes.HOLD_ACCOUNT_AND_COURSE, who, writes.ENROLL, who)))}


def _complete(request: Request) -> Row:
    who = (request.user_id, *request.ids)
    return {"data": enrollment(_given(_behind_lock(writes.HOLD_ENROLLMENT, who, writes.COMPLETE, who)))}


def _assign(request: Request) -> Row:
    if request.role != "ADMIN":
        raise RefusedError
    who = (request.user_id, *request.ids, request.body["user_id"])
    made = _given(_behind_lock(writes.HOLD_COURSE, tuple(request.ids), writes.ASSIGN, who))
    return {"data": {**enrollment(made), "assignment_id": made["assignment_id"]}}


def _log_in(request: Request) -> Row:
    found = _given(_one(writes.FIND, request.body["username"].lower()))
    with _slots:
        try:
            _hasher.verify(found["password_hash"], request.body["password"])
        except VerificationError as problem:
            raise RefusedError from problem
    user = _given(_one(writes.OPEN_SESSION, found["id"], found["password_hash"], "", request.address))
    tokens = {
        "access": _keys.mint("access", user["id"], user["session_id"]),
        "refresh": _keys.mint("refresh", user["id"], user["session_id"], user["token_id"]),
        "token_type": "Bearer",
        "expires_in": 3_600,
    }
    return {"data": {"user": person(user), "tokens": tokens}}


class _View(NamedTuple):
    status: str
    sentence: str
    act: Callable[[Request], Row]
    is_for_caller: bool = True


_VIEWS = {
    ("GET", "courses"): _View("200 OK", "OK.", _list_courses),
    ("GET", "courses/ID"): _View("200 OK", "OK.", _show_course),
    ("GET", "enrollments"): _View("200 OK", "OK.", _list_enrollments),
    ("GET", "dashboard/stats"): _View("200 OK", "OK.", _show_stats),
    ("POST", "courses/ID/enroll"): _View("201 Created", "Enrolled in the course.", _enroll),
    ("POST", "lessons/ID/complete"): _View("200 OK", "Lesson marked as done.", _complete),
    ("POST", "courses/ID/assign"): _View("201 Created", "User assigned.", _assign),
    ("POST", "auth/login"): _View("200 OK", "Logged in.", _log_in, is_for_caller=False),
}


def _given(row: Row | None) -> Row:
    if row is None:
        raise RefusedError
    return row


def _one(statement: Statement, *values: str) -> Row | None:
    return _first(_asked(_CALLS[statement.name], values), statement)


def _all(statement: Statement, *values: str) -> list[Row]:
    cursor = _asked(_CALLS[statement.name], values)
    names = _names(cursor, statement)
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _behind_lock(
    lock: Statement, locked: tuple[str, ...], statement: Statement, values: tuple[str, ...]
) -> Row | None:
    """Both in one message, which PostgreSQL takes as one transaction; the second sees what the lock waited for."""
    cursor = _asked(f"{_CALLS[lock.name]}; {_CALLS[statement.name]}", (*locked, *values))
    return _first(cursor, statement)


def _first(cursor: extensions.cursor, statement: Statement) -> Row | None:
    row = cursor.fetchone()
    return None if row is None else dict(zip(_names(cursor, statement), row, strict=True))


def _names(cursor: extensions.cursor, statement: Statement) -> tuple[str, ...]:
    if statement.name not in _columns:
        _columns[statement.name] = tuple(column.name for column in cursor.description or ())
    return _columns[statement.name]


def _asked(call: str, values: tuple[str, ...]) -> extensions.cursor:
    """On this thread's own connection, which is kept."""
    if not hasattr(_of_thread, "cursor"):
        connection = psycopg2.connect(os.environ["DATABASE_URL"], options="-c timezone=UTC")
        connection.autocommit = True
        _of_thread.cursor = connection.cursor()
        for each in STATEMENTS:
            types = f" ({each.types})" if each.types else ""
            _of_thread.cursor.execute(f"PREPARE {each.name}{types} AS {each.sql}")
    cursor: extensions.cursor = _of_thread.cursor
    cursor.execute(call, values)
    return cursor


def _call_of(statement: Statement) -> str:
    holes = ", ".join("%s" for _ in statement.types.split(",") if statement.types)
    return f"EXECUTE {statement.name}" + (f" ({holes})" if holes else "")


_CALLS = {each.name: _call_of(each) for each in STATEMENTS}
