"""Every GET of the API: the CPU of the whole request, beside that of its own statements in a bare callable.

The request is a WSGI call in this process, with the settings of production. The callable, the floor, executes the same
statements, prepared, on one connection in autocommit, fetches all rows and encodes an equal body; it knows no caller, no
limits and no log. Both take turns on the same data: only ratios within one run carry over.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from psycopg2 import extensions
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool
from werkzeug.routing import Map
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from app.db.session import db
from bench import dataset, jobs, platform
from bench.calls import READS, Call, Callers
from bench.contenders import HIGH
from bench.usage import cpu_seconds
from environment import config_from

MOST = 3.0
"""What a request may cost, as a multiple of its floor."""

WORST = 10
WARM, CALLS_A_TURN = 10, 25
PREFIX = "/api/v1"

Act = Callable[[], bytes]

_PREPARE = re.compile(r"\s*PREPARE\s+(\w+)", re.IGNORECASE)
_EXECUTE = re.compile(r"(?:\A|;)\s*EXECUTE\s+(\w+)", re.IGNORECASE)


@dataclass
class Wire:
    """What connections send, noted at the driver: events of SQLAlchemy do not show what raw cursors send."""

    connections: list[extensions.connection] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    prepared: dict[str, str] = field(default_factory=dict)
    """by the name that the statement has on its connection"""

    def watch(self, connection: extensions.connection, *_: Any) -> None:
        self.connections.append(connection)
        connection.cursor_factory = _noting(self._note)

    def ignore(self) -> None:
        """Noting costs time, too."""
        for connection in self.connections:
            connection.cursor_factory = extensions.cursor

    def sent_by(self, act: Callable[[], object]) -> list[str]:
        self.sent.clear()
        act()
        return list(self.sent)

    def _note(self, statement: str) -> None:
        if named := _PREPARE.match(statement):
            self.prepared[named[1]] = statement
        else:
            self.sent.append(statement)


def _noting(note: Callable[[str], None]) -> type[extensions.cursor]:
    class Noting(extensions.cursor):
        def execute(self, *statement: Any) -> None:
            super().execute(*statement)
            note((self.query or b"").decode())

    return Noting


@contextlib.contextmanager
def watching() -> Iterator[Wire]:
    """Every connection that any engine opens in this block."""
    wire = Wire()
    event.listen(Pool, "connect", wire.watch)
    try:
        yield wire
    finally:
        event.remove(Pool, "connect", wire.watch)


class Floor:
    """The bare callables, on one connection with the options of the application's."""

    def __init__(self, engine: Engine) -> None:
        opened = engine.raw_connection()
        connection: Any = opened.driver_connection
        opened.detach()
        connection.autocommit = True
        self._cursor = connection.cursor(cursor_factory=extensions.cursor)
        self._names: set[str] = set()

    def answering(self, statements: Sequence[str], prepared: Mapping[str, str], body: bytes) -> Act:
        """Executes these statements, and encodes what is in this body."""
        executes = [self._execute(statement, prepared) for statement in statements]
        value = msgspec.json.decode(body)

        def answer() -> bytes:
            for execute in executes:
                self._cursor.execute(execute)
                self._cursor.fetchall()
            return msgspec.json.encode(value)

        return answer

    def _execute(self, statement: str, prepared: Mapping[str, str]) -> str:
        """The text that executes a statement, once it, or what it executes itself, is prepared."""
        if names := _EXECUTE.findall(statement):
            for name in names:
                self._prepare(name, prepared[name])
            return statement
        name = f"sent_{len(self._names)}"
        self._prepare(name, f"PREPARE {name} AS {statement}")
        return f"EXECUTE {name}"

    def _prepare(self, name: str, statement: str) -> None:
        if name not in self._names:
            self._names.add(name)
            self._cursor.execute(statement)


@dataclass
class Compared:
    """One call: how to send it, its floor, and the CPU microseconds that each turn of them took a call."""

    name: str
    statements: int
    ask: Act
    floor: Act
    asked: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)

    def take_turns(self, backends: Collection[int]) -> None:
        turns = [(self.ask, self.asked), (self.floor, self.floors)]
        for act, spent in random.sample(turns, len(turns)):
            spent.append(_microseconds(act, backends))

    @property
    def cost(self) -> float:
        return statistics.median(self.asked)

    @property
    def least(self) -> float:
        return statistics.median(self.floors)

    @property
    def ratio(self) -> float:
        return self.cost / self.least


def measure(rounds: int) -> bool:
    """Print the worst; return whether none is above the goal."""
    with (
        platform.running() as environment,
        tempfile.TemporaryDirectory(prefix="rollcall-bench-") as media,
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        contextlib.redirect_stderr(nowhere),  # the access log is written, and not kept
        watching() as wire,
    ):
        app = create_app(config_from({**environment, **platform.production(media), **HIGH}))
        with app.app_context(), db.engine.connect() as connection:
            dataset.fill(connection.execution_options(isolation_level="AUTOCOMMIT"), jobs.SIZE)
        callers = Callers.sign_in(app, jobs.SIZE)
        floor = Floor(callers.engine)
        compared = [_compare(call, callers, wire, floor) for call in calls_of(app.url_map, callers.names)]
        wire.ignore()
        # As a worker of the web server does.
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            for each in compared:
                each.take_turns([connection.info.backend_pid for connection in wire.connections])
        gc.unfreeze()
    return _report(compared, rounds)


def calls_of(url_map: Map, names: Mapping[str, str]) -> list[Call]:
    """The first good request of each caller to each GET. A GET without one ends the bench."""
    adapter = url_map.bind("")
    calls: dict[tuple[Any, str], Call] = {}
    for call in READS:
        path, _, _ = f"{PREFIX}{call.path.format(**names)}".partition("?")
        calls.setdefault((adapter.match(path, method="GET")[0], call.who), call)
    called = {endpoint for endpoint, _ in calls}
    for rule in url_map.iter_rules():
        if rule.rule.startswith(PREFIX) and "GET" in (rule.methods or ()) and rule.endpoint not in called:
            raise SystemExit(f"GET {rule.rule} has no good request: add one to READS in bench/calls.py.")
    return list(calls.values())


def _compare(call: Call, callers: Callers, wire: Wire, floor: Floor) -> Compared:
    ask = _asking(call, callers)
    for _ in range(WARM):
        ask()
    statements = wire.sent_by(ask)
    bare = floor.answering(statements, wire.prepared, ask())
    for _ in range(WARM):
        bare()
    return Compared(call.name, len(statements), ask, bare)


def _asking(call: Call, callers: Callers) -> Act:
    token = callers.tokens.get(call.who)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = jobs.request("GET", call.path.format(**callers.names), headers)
    environ = EnvironBuilder(request.path, headers=list(request.headers.items())).get_environ()

    def ask() -> bytes:
        answered, status, _ = run_wsgi_app(callers.app.wsgi_app, environ, buffered=True)
        body = b"".join(answered)
        if not status.startswith("200"):
            raise SystemExit(f"{call.name} answered {status}: {body[:300].decode(errors='replace')}")
        return body

    return ask


def _microseconds(act: Act, backends: Collection[int]) -> float:
    """Of this process and of PostgreSQL's, for one of some calls."""
    of_postgres = -sum(map(cpu_seconds, backends))
    start = time.process_time()
    for _ in range(CALLS_A_TURN):
        act()
    own = time.process_time() - start
    return 1e6 * (own + of_postgres + sum(map(cpu_seconds, backends))) / CALLS_A_TURN


def _report(compared: Sequence[Compared], rounds: int) -> bool:
    judged = sorted((each for each in compared if each.statements), key=lambda each: -each.ratio)
    without = [each for each in compared if not each.statements]
    around = min((each.cost for each in without), default=0.0)
    print(f"\nCPU us of a call, medians of {rounds}{'':<30}request     floor  ratio  beyond  statements")
    for each in judged[:WORST]:
        beyond = (each.cost - around) / each.least
        figures = f"{each.cost:>9,.0f}{each.least:>10,.0f}{each.ratio:>7.1f}{beyond:>8.1f}"
        print(f"  {each.name[:58]:<58}{figures}{each.statements:>12}")
    print(
        f"beyond: what a request costs more than one that sends no statement ({around:,.0f} us), as a multiple"
    )
    print(
        f"not compared, because they send no statement: {', '.join(each.name for each in without) or 'none'}"
    )
    above = sum(each.ratio > MOST for each in judged)
    print(
        f"{len(judged)} calls: median ratio {statistics.median(each.ratio for each in judged):.1f}, {above} above "
        f"{MOST} (goal none) {'FAIL' if above else 'pass'}",
        flush=True,
    )
    return above == 0
