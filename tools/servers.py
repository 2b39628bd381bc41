"""Starting the two embedded servers under a supervisor, and throwaway ones for tests and benches."""

from __future__ import annotations

from tools import ports, postgres, redis
from tools.postgres import Postgres
from tools.redis import Redis
from tools.state import State
from tools.supervisor import Child, ChildDiedError, Supervisor

TRIES = 3
PORTS = "ports.json"


def start_postgres(supervisor: Supervisor, cluster: Postgres) -> Child:
    cluster.clear_stale_pid()
    return start(supervisor, cluster, "postgres", postgres.READY_SECONDS)


def start_redis(supervisor: Supervisor, server: Redis) -> Child:
    return start(supervisor, server, "redis", redis.READY_SECONDS)


def start(supervisor: Supervisor, server: Postgres | Redis, name: str, seconds: float) -> Child:
    """Start on the port of the last run, or on another if it is taken."""
    for attempt in range(1, TRIES + 1):
        server.port = ports.pick(remembered(supervisor.state).get(name))
        child = supervisor.start(server.program())
        try:
            supervisor.await_ready(child, server.is_ready, seconds)
        except ChildDiedError:
            if attempt == TRIES or ports.why_taken(server.port) is None:
                raise
            supervisor.drop(child)
            continue
        supervisor.state.write(PORTS, {**remembered(supervisor.state), name: server.port})
        return child
    raise AssertionError("the last try returns or raises")


def remembered(state: State) -> dict[str, int]:
    return state.read(PORTS) or {}
