"""What reads from a standby save: PostgreSQL's CPU for each request, on the primary and on the standby."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from app import create_app
from app.db import replica
from app.db.session import db, transaction
from app.enums import Role
from app.models import User
from app.services.auth import sessions
from bench import dataset, platform
from bench.usage import cpu_seconds
from environment import config_from
from tools import throwaway
from tools.standby import following

CALLS, WARM, WAIT_SECONDS = 60, 10, 30.0


def measure(rounds: int) -> bool:
    """Print a line for each request. There is no goal."""
    with throwaway.running_servers("bench", lambda _cluster: None, durable=True) as servers:
        environment = platform.prepared(servers)
        alone = create_app(config_from(environment))
        paths = _fill(alone)
        with following(servers.postgres) as standby:
            url = {"DATABASE_REPLICA_URL": standby.cluster.url(platform.DATABASE)}
            beside = create_app(config_from(environment | url))
            _await(beside)
            pid = int((servers.postgres.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            print(f"  {'ms of CPU a request':<34}alone    primary  standby")
            for name, (path, headers) in paths.items():
                before = min(_spent(alone, path, headers, pid)[0] for _ in range(rounds))
                turns = [_spent(beside, path, headers, pid, standby.pid) for _ in range(rounds)]
                on_primary, on_standby = (min(each) for each in zip(*turns, strict=True))
                print(f"  {name:<34}{before:>6.3f}   {on_primary:>6.3f}   {on_standby:>6.3f}", flush=True)
    return True


def _fill(app: Flask) -> dict[str, tuple[str, dict[str, str]]]:
    with app.app_context():
        with db.engine.connect() as connection:
            dataset.fill(
                connection.execution_options(isolation_level="AUTOCOMMIT"), dataset.Size(1_000, 50_000)
            )
        with transaction():
            admin = db.session.scalars(select(User).where(User.role == Role.ADMIN).limit(1)).one()
            token = sessions.open_session(admin).access
            course = db.session.scalar(
                text("SELECT id FROM courses ORDER BY enrollment_count DESC OFFSET 100 LIMIT 1")
            )
    signed_in = {"Authorization": f"Bearer {token}"}
    return {
        "GET /courses, a visitor": ("/courses", {}),
        "GET /courses?search=, a visitor": ("/courses?search=safety", {}),
        "a roster as CSV": (f"/courses/{course}/enrollments?format=csv", signed_in),
    }


def _await(app: Flask) -> None:
    with app.app_context():
        standby = replica.configured()
    deadline = time.monotonic() + WAIT_SECONDS
    while standby is None or not standby.is_usable():
        if time.monotonic() > deadline:
            raise SystemExit("The standby is not used.")
        time.sleep(0.1)


def _spent(app: Flask, path: str, headers: Mapping[str, str], *pids: int) -> list[float]:
    """What these servers use for one request, in milliseconds."""
    client = app.test_client()

    def ask(times: int) -> None:
        for _ in range(times):
            response: Any = client.get(f"/api/v1{path}", headers=headers, buffered=True)
            if response.status_code != 200:
                raise SystemExit(f"{path}: {response.status_code}")

    ask(WARM)
    return _used(lambda: ask(CALLS), pids)


def _used(act: Callable[[], None], pids: tuple[int, ...]) -> list[float]:
    before = [cpu_seconds(pid) for pid in pids]
    act()
    return [(cpu_seconds(pid) - was) * 1_000 / CALLS for pid, was in zip(pids, before, strict=True)]
