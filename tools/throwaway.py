"""Temporary PostgreSQL and Redis servers for one test run or one bench.

Each run has its own servers on its own ports with its own copy of a prepared cluster, so that any number of runs in
one checkout are isolated from each other. The prepared cluster is cached; copying it takes a moment.
"""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tools import locate, postgres, redis, servers, service_user
from tools.postgres import Postgres
from tools.redis import Redis
from tools.state import AlreadyHeldError, State, make_folder, open_state
from tools.supervisor import Supervisor, stop_orphans

CLUSTERS_KEPT = 3
# Nothing here survives a crash, nor has to.
NOT_DURABLE = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)
MANY_CONNECTIONS = ("max_connections=300",)

Prepare = Callable[[Postgres], None]


@dataclass(frozen=True)
class Servers:
    postgres: Postgres
    redis: Redis


@contextlib.contextmanager
def running_servers(key: str, prepare: Prepare, *, durable: bool = False) -> Iterator[Servers]:
    """Both servers, with the cluster as `prepare` left it; the same key means the same preparation."""
    home = State(open_state().folder("test"))
    prepared = prepared_cluster(home, key, prepare)
    options = MANY_CONNECTIONS if durable else (*MANY_CONNECTIONS, *NOT_DURABLE)
    with own_run(home) as run, Supervisor(run, run.path.name, removes_state=True) as supervisor:
        cluster = replace(prepared, data=run.path / "postgres" / prepared.data.name, options=options)
        copy_cluster(prepared.data, cluster.data)
        server = redis.of(run, redis.DURABLE if durable else redis.NOT_DURABLE, programs_of=home)
        servers.start_postgres(supervisor, cluster)
        servers.start_redis(supervisor, server)
        yield Servers(cluster, server)


def prepared_cluster(home: State, key: str, prepare: Prepare) -> Postgres:
    """A stopped cluster to copy from, made by the first run that needs it while the others wait."""
    ready = home.path / "clusters" / f"{key}-{postgres.major(locate.postgres(home))}"
    make_folder(ready.parent)
    with one_at_a_time(home):
        if not ready.exists():
            delete_old(ready.parent)
            fresh = ready.with_name(f"{ready.name}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            make_folder(fresh)
            make_cluster(State(fresh), prepare)
            fresh.rename(ready)
        ready.touch()
    return postgres.of(State(ready), programs_of=home)


def make_cluster(state: State, prepare: Prepare) -> None:
    cluster = postgres.of(state, NOT_DURABLE, programs_of=State(state.path.parent.parent))
    cluster.make_cluster("--wal-segsize=1")
    with Supervisor(state, "prepare") as supervisor:
        servers.start_postgres(supervisor, cluster)
        prepare(cluster)


def delete_old(clusters: Path) -> None:
    by_age = sorted(clusters.iterdir(), key=lambda folder: folder.stat().st_mtime)
    for folder in by_age[: -CLUSTERS_KEPT + 1]:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def own_run(home: State) -> Iterator[State]:
    """A folder for this run; those of runs that were killed are cleared away first."""
    with contextlib.ExitStack() as held:
        # A folder that is there and not yet held looks like one that was left.
        with one_at_a_time(home):
            runs = home.folder("runs")
            for left in runs.iterdir():
                clear_if_abandoned(State(left))
            run = State(runs / secrets.token_hex(4))
            make_folder(run.path)
            held.enter_context(run.held())
        held.callback(shutil.rmtree, run.path, ignore_errors=True)
        yield run


@contextlib.contextmanager
def one_at_a_time(home: State) -> Iterator[None]:
    """Wait until no other run prepares anything here."""
    with (home.path / "preparing").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def clear_if_abandoned(run: State) -> None:
    with contextlib.suppress(AlreadyHeldError, OSError), run.held():
        stop_orphans(run)
        shutil.rmtree(run.path, ignore_errors=True)


def copy_cluster(source: Path, target: Path) -> None:
    """Copied by the servers' account, to which every file in it must belong."""
    make_folder(target.parent)
    service_user.give(target.parent)
    service_user.run("cp", "-R", source, target)
