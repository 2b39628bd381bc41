"""Interactive shells on the running platform's servers, or on those that the environment names."""

from __future__ import annotations

import os
import shutil
import sys
from typing import NoReturn
from urllib.parse import quote, unquote, urlsplit

from dotenv import load_dotenv
from redis.sentinel import Sentinel

from sentinel_urls import is_of_sentinels, sentinel_url
from tools import locate
from tools.state import ROOT, RUNNING, State, open_state

SENTINEL_SECONDS = 2.0


def url_of(variable: str, state: State) -> str:
    known = state.read(RUNNING) or {}
    url = os.environ.get(variable) or known.get(variable)
    if not url:
        raise SystemExit(f"Nothing is running and {variable} is not set; try `make run` first.")
    return str(url)


def psql(state: State, arguments: list[str]) -> NoReturn:
    url = urlsplit(url_of("DATABASE_URL", state).replace("+psycopg2", ""))
    program = locate.postgres(state).path("psql") or shutil.which("psql")
    if program is None:
        raise SystemExit("No psql was found.")
    # By the environment: every user can read arguments in the process list.
    given = {
        "PGHOST": url.hostname,
        "PGPORT": str(url.port or 5432),
        "PGUSER": url.username,
        "PGPASSWORD": unquote(url.password or ""),
        "PGDATABASE": url.path.lstrip("/"),
    }
    become(str(program), arguments, {name: value for name, value in given.items() if value})


def redis_cli(state: State, arguments: list[str]) -> NoReturn:
    url = urlsplit(of_primary(url_of("REDIS_URL", state)))
    program = locate.redis(state).path("redis-cli", "valkey-cli") or shutil.which("redis-cli")
    if program is None:
        raise SystemExit("No redis-cli was found; on this platform install Redis or Valkey for its shell.")
    number = url.path.lstrip("/") or "0"
    where = ["-h", url.hostname or "127.0.0.1", "-p", str(url.port or 6379), "-n", number]
    become(str(program), [*where, *arguments], {"REDISCLI_AUTH": unquote(url.password or "")})


def of_primary(url: str) -> str:
    """The URL of the primary that these Sentinels name; the URL of a server as it is."""
    if not is_of_sentinels(url):
        return url
    read = sentinel_url(url)
    account = {name: read.options.get(f"sentinel_{name}") for name in ("username", "password")}
    sentinels = Sentinel(read.hosts, sentinel_kwargs={**account, "socket_timeout": SENTINEL_SECONDS})
    host, port = sentinels.discover_master(read.service)
    return f"redis://:{quote(read.password, safe='')}@{host}:{port}/{read.database}"


def become(program: str, arguments: list[str], given: dict[str, str]) -> NoReturn:
    os.execve(program, [program, *arguments], {**os.environ, **given})


def main() -> None:
    load_dotenv(ROOT / ".env")
    match sys.argv[1:]:
        case ["psql", *arguments]:
            psql(open_state(), arguments)
        case ["redis-cli", *arguments]:
            redis_cli(open_state(), arguments)
        case _:
            sys.exit("usage: python -m tools.shells psql|redis-cli [...]")


if __name__ == "__main__":
    main()
