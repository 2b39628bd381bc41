"""What traces cost: the CPU of a request without them, with the setting and none recorded, and with all or some recorded.

Each kind is a process of its own, which makes its requests in turns with the others; the time of the thread that sends the
spans is in it, that of the collector is not. The least of each counts.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy import select

from app import create_app
from app.db.session import db, transaction
from app.enums import Role
from app.models import User
from app.observability import traces
from app.services.auth import sessions
from bench import dataset, platform
from environment import config_from

CALLS, WARM = 300, 50
PATHS = ("/courses", "/enrollments")
SHARES = {"off": None, "none": "0", "a tenth": "0.1", "all": "1"}

_serving: list[tuple[Any, dict[str, str]]] = []


class _Collector(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def _collect(port: Any) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Collector)
    port.send(server.server_port)
    server.serve_forever()


def measure(rounds: int) -> bool:
    """Print a line for each path and kind. There is no goal."""
    fresh = multiprocessing.get_context("spawn")
    ours, theirs = fresh.Pipe()
    collector = fresh.Process(target=_collect, args=(theirs,), daemon=True)
    collector.start()
    url = f"http://127.0.0.1:{ours.recv()}"
    try:
        with platform.running() as environment:
            _fill(environment)
            kinds = {
                name: environment | ({} if share is None else {"TRACES_URL": url, "TRACES_SAMPLE": share})
                for name, share in SHARES.items()
            }
            pools = {
                name: ProcessPoolExecutor(1, fresh, initializer=_begin, initargs=(settings,))
                for name, settings in kinds.items()
            }
            for path in PATHS:
                taken: dict[str, list[float]] = {name: [] for name in pools}
                for _ in range(rounds):
                    for name, pool in pools.items():
                        taken[name].append(pool.submit(_cpu_ms, path).result())
                least = {name: min(each) for name, each in taken.items()}
                for name, milliseconds in least.items():
                    print(
                        f"  {path:<14}{name:<10}{milliseconds:>7.3f} ms  {milliseconds - least['off']:>+7.3f}"
                    )
            for pool in pools.values():
                pool.shutdown()
    finally:
        collector.terminate()
    return True


def _fill(environment: Mapping[str, str]) -> None:
    app = create_app(config_from(environment))
    with app.app_context(), db.engine.connect() as connection:
        dataset.fill(connection.execution_options(isolation_level="AUTOCOMMIT"), dataset.Size(1_000, 20_000))


def _begin(environment: Mapping[str, str]) -> None:
    app = create_app(config_from(environment))
    with app.app_context(), transaction():
        admin = db.session.scalars(select(User).where(User.role == Role.ADMIN).limit(1)).one()
        token = sessions.open_session(admin).access
    _serving.append((app.test_client(), {"Authorization": f"Bearer {token}"}))


def _cpu_ms(path: str) -> float:
    """The CPU of one request, in milliseconds."""
    ((client, headers),) = _serving
    for _ in range(WARM):
        client.get(f"/api/v1{path}", headers=headers, buffered=True)
    traces.flush()
    began = time.process_time()
    for _ in range(CALLS):
        response = client.get(f"/api/v1{path}", headers=headers, buffered=True)
    traces.flush()
    if response.status_code != 200:
        raise SystemExit(f"{path}: {response.status_code}")
    return (time.process_time() - began) * 1_000 / CALLS
