"""The twin: what a FastAPI project with asyncpg and pydantic answers, with the SQL of the floor.

Rows go through response models. Token, session and user are checked by a dependency, on each request; asyncpg prepares
every statement by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from fastapi import Depends, FastAPI, Header, HTTPException, Request

from bench.peers import answers, reads, writes
from bench.peers.cursors import Links
from bench.peers.models import (
    Answer,
    Assigned,
    Caller,
    Chosen,
    Course,
    CoursePage,
    Enrollment,
    LoggedIn,
    Login,
    Page,
    Stats,
    Tokens,
)
from bench.peers.statement import Statement
from bench.peers.tokens import Keys, TokenRefusedError

Row = Mapping[str, Any]

_keys = Keys(os.environ["JWT_SECRET_KEY"].encode())
_links = Links(os.environ["PUBLIC_URL"], os.environ["SECRET_KEY"].encode())
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_slots = asyncio.Semaphore(max(1, (os.cpu_count() or 1) - 1))


@asynccontextmanager
async def _lifespan(application: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=4, max_size=4, server_settings={"timezone": "UTC"}
    ) as pool:
        application.state.pool = pool
        yield


app = FastAPI(lifespan=_lifespan)


async def _connection(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with request.app.state.pool.acquire() as connection:
        yield connection


Database = Annotated[asyncpg.Connection, Depends(_connection)]


async def _caller(connection: Database, authorization: Annotated[str, Header()] = "") -> Caller:
    try:
        claims = _keys.read(authorization)
    except TokenRefusedError as problem:
        raise HTTPException(401) from problem
    found = await connection.fetchrow(reads.CALLER.sql, claims["sid"])
    if found is None or str(found["id"]) != claims["sub"]:
        raise HTTPException(401)
    return Caller(id=found["id"], role=found["role"])


Known = Annotated[Caller, Depends(_caller)]


@app.get("/api/v1/courses", response_model=Page[Course])
async def list_courses(
    connection: Database, caller: Known, request: Request, search: str | None = None
) -> Any:
    if search:
        rows, key = await connection.fetch(reads.SEARCH.sql, caller.id, search.lower()), "rank"
    else:
        rows, key = await connection.fetch(reads.LIST.sql, caller.id), "created_at"
    return _page(rows, answers.course, key, request)


@app.get("/api/v1/courses/{course_id}", response_model=Answer[CoursePage])
async def show_course(connection: Database, caller: Known, course_id: UUID) -> Any:
    row = await _found(connection, reads.SHOW, caller.id, course_id)
    return {
        "data": answers.course_page(row, json.loads(row["version"] or "null"), json.loads(row["sections"]))
    }


@app.get("/api/v1/enrollments", response_model=Page[Enrollment])
async def list_enrollments(connection: Database, caller: Known, request: Request) -> Any:
    rows = await connection.fetch(reads.MINE.sql, caller.id)
    return _page(rows, answers.enrollment, "enrolled_at", request)


@app.get("/api/v1/dashboard/stats", response_model=Answer[Stats])
async def show_stats(connection: Database, _caller: Known) -> Any:
    numbers = await _found(connection, reads.STATS)
    return {"data": {"as_of": datetime.now(UTC), **numbers}}


@app.post("/api/v1/courses/{course_id}/enroll", status_code=201, response_model=Answer[Enrollment])
async def enroll(connection: Database, caller: Known, course_id: UUID) -> Any:
    if caller.role != "STUDENT":
        raise HTTPException(403)
    async with connection.transaction():
        await connection.execute(writes.HOLD_ACCOUNT_AND_COURSE.sql, caller.id, course_id)
        made = await _found(connection, writes.ENROLL, caller.id, course_id)
    return {"message": "Enrolled in the course.", "data": answers.enrollment(made)}


@app.post("/api/v1/lessons/{lesson_id}/complete", response_model=Answer[Enrollment])
async def complete_lesson(connection: Database, caller: Known, lesson_id: UUID) -> Any:
    async with connection.transaction():
        await connection.execute(writes.HOLD_ENROLLMENT.sql, caller.id, lesson_id)
        moved = await _found(connection, writes.COMPLETE, caller.id, lesson_id)
    return {"message": "Lesson marked as done.", "data": answers.enrollment(moved)}


@app.post("/api/v1/courses/{course_id}/assign", status_code=201, response_model=Answer[Assigned])
async def assign(connection: Database, caller: Known, course_id: UUID, chosen: Chosen) -> Any:
    if caller.role != "ADMIN":
        raise HTTPException(403)
    async with connection.transaction():
        await connection.execute(writes.HOLD_COURSE.sql, course_id)
        made = await _found(connection, writes.ASSIGN, caller.id, course_id, chosen.user_id)
    members = answers.enrollment(made) | {"assignment_id": made["assignment_id"]}
    return {"message": "User assigned.", "data": members}


@app.post("/api/v1/auth/login", response_model=Answer[LoggedIn])
async def log_in(connection: Database, login: Login, request: Request) -> Any:
    found = await _found(connection, writes.FIND, login.username.lower())
    async with _slots:
        try:
            await asyncio.to_thread(_hasher.verify, found["password_hash"], login.password)
        except VerificationError as problem:
            raise HTTPException(401) from problem
    address = request.client.host if request.client else ""
    user = await _found(connection, writes.OPEN_SESSION, found["id"], found["password_hash"], "", address)
    who = str(user["id"]), str(user["session_id"])
    tokens = Tokens(
        access=_keys.mint("access", *who), refresh=_keys.mint("refresh", *who, str(user["token_id"]))
    )
    return {"message": "Logged in.", "data": {"user": answers.person(user), "tokens": tokens}}


def _page(rows: list[Row], shape: Callable[[Row], answers.Members], key: str, request: Request) -> Any:
    return answers.page(
        rows, shape, key, links=_links, path=request.url.path, query=dict(request.query_params)
    )


async def _found(connection: asyncpg.Connection, statement: Statement, *values: object) -> Row:
    row: Row | None = await connection.fetchrow(statement.sql, *values)
    if row is None:
        raise HTTPException(409)
    return row
