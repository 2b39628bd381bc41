"""An embedded Redis, or Valkey where no wheel of Redis exists: queue and cache of the local platform."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import redis

from tools import locate, service_user
from tools.state import State
from tools.supervisor import Program

READY_SECONDS = 30.0
DATABASES = 64
DURABLE = ("appendonly yes", "save 900 1")
NOT_DURABLE = ("appendonly no", 'save ""')


@dataclass
class Redis:
    """One server: its programs, its data and how to reach it."""

    server: Path
    data: Path
    password: str
    port: int = 0
    options: tuple[str, ...] = DURABLE

    def url(self, number: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{number}"

    def program(self) -> Program:
        settings = (
            "bind 127.0.0.1",
            f"port {self.port}",
            f'requirepass "{self.password}"',
            f'dir "{self.data}"',
            f"databases {DATABASES}",
            "maxmemory-policy noeviction",
            "daemonize no",
            *self.options,
        )
        return Program(
            name="redis",
            command=(self.server, "-"),
            environment=service_user.environment(),
            folder="/",
            stdin="\n".join((*settings, "")),
            stage=1,
            is_server=True,
            is_shown=False,
            is_revived=True,
        )

    def is_ready(self) -> bool:
        """Whether it answers to our password, which no other server on this port would."""
        client = redis.Redis.from_url(self.url(), socket_timeout=2, socket_connect_timeout=2, retry=None)
        with contextlib.closing(client), contextlib.suppress(redis.RedisError):
            return bool(client.ping())
        return False


def of(state: State, options: tuple[str, ...] = DURABLE, programs_of: State | None = None) -> Redis:
    """The server of this state; one folder per flavour and version, since they cannot read each other's."""
    programs = locate.redis(programs_of or state)
    server = programs.path(*locate.REDIS_SERVERS)
    if server is None:
        raise SystemExit(f"{programs.folder} holds neither {' nor '.join(locate.REDIS_SERVERS)}.")
    flavour = server.name.removesuffix("-server")
    data = state.folder("redis", f"{flavour}-{locate.version(server)}")
    service_user.give(data)
    return Redis(server, data, state.secret("redis_password"), options=options)
