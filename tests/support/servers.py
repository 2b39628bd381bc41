"""Databases and Redis numbers that only the tests use.

By default every run of pytest has servers of its own. `TEST_DATABASE_URL`, or the server of `DATABASE_URL`, is used
instead where it is set, but never the database it names: `rollcall_test_...` databases are made there and dropped.
`TEST_REDIS_URL` is used as given; `REDIS_URL` never is, because tests empty the number they use.

The migrations run once per version of them, into a template; each process of pytest works on a copy.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from psycopg2 import errors

from tests.support.paths import ROOT
from tools import throwaway

TEMPLATE = "rollcall_test_template"
MAINTENANCE = "postgres"
COPY_SECONDS = 20.0
REDIS_NUMBERS = 16  # the default of a server


@dataclass(frozen=True)
class Servers:
    """Where the tests' servers are; plain values, so that they reach the processes of xdist."""

    database_server: str  # the URL of a database only connected to for making and dropping others
    template: str
    redis_server: str  # the URL of the first number that is ours


started: list[Servers] = []  # one, once pytest is configured


def pytest_configure(config: pytest.Config) -> None:
    if config.option.collectonly or config.option.help or config.option.version:
        return
    if hasattr(config, "workerinput"):
        started.append(Servers(**config.workerinput["servers"]))
        return
    held = contextlib.ExitStack()
    config.add_cleanup(held.close)
    try:
        started.append(held.enter_context(servers()))
    except SystemExit as refusal:
        pytest.exit(str(refusal), returncode=4)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    node.workerinput["servers"] = asdict(running())


@contextlib.contextmanager
def servers():
    database_url = os.environ.get("TEST_DATABASE_URL") or os.environ.get("DATABASE_URL")
    redis_url = os.environ.get("TEST_REDIS_URL")
    refuse_the_same_redis(redis_url, os.environ.get("REDIS_URL"))
    if database_url and redis_url:
        yield Servers(server_of(database_url), given_template(server_of(database_url)), redis_url)
        return
    version = migrations_version()
    with throwaway.running_servers(f"tests-{version}", prepare) as own:
        if database_url:
            server = server_of(database_url)
            yield Servers(server, given_template(server), own.redis.url())
        else:
            yield Servers(own.postgres.url(MAINTENANCE), TEMPLATE, redis_url or own.redis.url())


def prepare(cluster) -> None:
    """Fill the template of a cluster of our own."""
    execute(cluster.url(MAINTENANCE), f"CREATE DATABASE {TEMPLATE}")
    migrate(cluster.url(TEMPLATE))


def given_template(server: str) -> str:
    """The template on a server that is not ours, made under a lock because other runs may want it too."""
    template = f"{TEMPLATE}_{migrations_version()}"
    with connected(server) as cursor:
        cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            raise SystemExit("The tests make databases of their own: grant CREATEDB, or unset DATABASE_URL.")
        cursor.execute("SELECT pg_advisory_lock(hashtext('rollcall tests'))")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (template,))
        if cursor.fetchone() is None:
            make_given_template(cursor, server, template)
    return template


def make_given_template(cursor, server: str, template: str) -> None:
    fresh = f"{template}_new"
    cursor.execute(f"DROP DATABASE IF EXISTS {fresh}")
    cursor.execute(f"CREATE DATABASE {fresh} TEMPLATE template0 ENCODING 'UTF8'")
    migrate(at(server, fresh))
    cursor.execute(f"ALTER DATABASE {fresh} RENAME TO {template}")
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{TEMPLATE}_%",))
    for (old,) in cursor.fetchall():
        if old != template:
            with contextlib.suppress(psycopg2.Error):
                cursor.execute(f"DROP DATABASE {old}")


def migrate(url: str) -> None:
    """Run the migrations as a deployment does: by the command, in a process of its own."""
    if not any((ROOT / "migrations").glob("versions/*.py")):
        return
    environment = os.environ | {"DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0", "APP_ENV": "test"}
    result = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise SystemExit(f"The migrations failed:\n{result.stdout}{result.stderr}")


def migrations_version() -> str:
    found = hashlib.sha256()
    for path in sorted((ROOT / "migrations").rglob("*")):
        if path.suffix in {".py", ".sql", ".ini", ".mako"}:
            found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]


def running() -> Servers:
    if not started:
        raise RuntimeError("The tests' servers are not running.")
    return started[0]


def make_database(name_suffix: str, *, migrated: bool = True) -> str:
    """A new database, a copy of the migrated template or an empty one; returns its URL."""
    suffix = re.sub(r"[^a-z0-9]+", "_", name_suffix.lower())[:20]
    url = at(running().database_server, f"rollcall_test_{suffix}_{os.getpid()}_{secrets.token_hex(2)}")
    copy_database(running().template if migrated else "template0", url)
    return url


def copy_database(template: str, url: str) -> None:
    """Make the database of this URL as a copy of a template, to which nothing is connected."""
    deadline = time.monotonic() + COPY_SECONDS
    while True:
        try:
            execute(
                running().database_server,
                f"CREATE DATABASE {name_of(url)} TEMPLATE {template} STRATEGY file_copy",
            )
            return
        except errors.ObjectInUse:  # another process copies it right now
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def name_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def drop_database(url: str) -> None:
    """Drop a database that `make_database` made, even while clients are connected."""
    name = name_of(url)
    if not name.startswith("rollcall_test_"):
        raise ValueError(f"{name} is not a database of the tests.")
    execute(running().database_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def database_url(worker_name: str):
    """This process's database, migrated and empty."""
    url = make_database(worker_name)
    yield url
    drop_database(url)


@pytest.fixture(scope="session")
def redis_url(worker_name: str) -> str:
    """This process's Redis number, which the tests may empty."""
    base = urlsplit(running().redis_server)
    first = int(base.path.lstrip("/") or 0)
    real = os.environ.get("REDIS_URL")
    urls = [
        urlunsplit(base._replace(path=f"/{(first + step) % REDIS_NUMBERS}")) for step in range(REDIS_NUMBERS)
    ]
    ours = [url for url in urls if not real or same_redis(url) != same_redis(real)]
    return ours[worker_index(worker_name)]


@pytest.fixture(scope="session")
def worker_name() -> str:
    """`gw0`, `gw1` ... under xdist, else `main`."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def worker_index(name: str) -> int:
    return int(re.sub(r"\D", "", name) or 0)


def refuse_the_same_redis(tests: str | None, real: str | None) -> None:
    """The tests empty what they use."""
    if tests and real and same_redis(tests) == same_redis(real):
        pytest.exit(
            "TEST_REDIS_URL names the number of REDIS_URL, which the tests would empty.", returncode=4
        )


def same_redis(url: str) -> tuple[str | None, int, int]:
    parts = urlsplit(url)
    return parts.hostname, parts.port or 6379, int(parts.path.lstrip("/") or 0)


def server_of(url: str) -> str:
    """The same server, by its maintenance database."""
    return at(re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url), MAINTENANCE)


def at(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def execute(url: str, statement: str) -> None:
    with connected(url) as cursor:
        cursor.execute(statement)


@contextlib.contextmanager
def connected(url: str):
    connection = psycopg2.connect(url, connect_timeout=5)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        yield cursor
