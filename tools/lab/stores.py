"""Redis with a replica under three Sentinels, configured by deploy/redis.conf and deploy/sentinel.conf."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from redis import Redis

from tools import deployed, locate, service_user
from tools.lab import network
from tools.lab.programs import Program, await_that
from tools.state import State

SERVICE = "mymaster"
PORT, SENTINEL_PORT = 6379, 26379
SERVERS, SENTINELS = ("d1", "d2"), ("n1", "n2", "b1")


class Stores:
    """The programs by their machines."""

    def __init__(self, home: State, password: str) -> None:
        self._folder, self._password = home.folder("redis"), password
        service_user.give(self._folder)
        found = locate.redis(home).path(*locate.REDIS_SERVERS)
        if found is None:
            raise SystemExit("No Redis was found.")
        self._server, self._logs = found, home.path
        first, _ = map(network.address, SERVERS)
        access = [deployed.text_of("redis.conf", {" PASSWORD": f" {password}"}), f"port {PORT}"]
        changes = {"10.0.0.1": first, f"{SERVICE} PASSWORD": f"{SERVICE} {password}"}
        watching = [deployed.text_of("sentinel.conf", changes)]
        replica = {"d2": [f"replicaof {first} {PORT}"]}
        self.servers = {
            name: self._program("redis", name, access + replica.get(name, [])) for name in SERVERS
        }
        self.sentinels = {name: self._program("sentinel", name, watching) for name in SENTINELS}

    def _program(self, kind: str, machine: str, settings: list[str]) -> Program:
        folder = self._folder / f"{kind}-{machine}"
        folder.mkdir()
        service_user.give(folder)
        file = folder / "redis.conf"
        file.write_text(
            "\n".join((f"bind {network.address(machine)}", f"dir {folder}", *settings, "")), encoding="utf-8"
        )
        service_user.give(file)
        command: list[str | Path] = [self._server, file, *(["--sentinel"] if kind == "sentinel" else [])]
        log = self._logs / f"{kind}-{machine}.log"
        return Program(
            f"{kind} {machine}", machine, command, log, service_user.environment(), Path("/"), as_service=True
        )

    def url(self) -> str:
        hosts = ",".join(f"{network.address(name)}:{SENTINEL_PORT}" for name in SENTINELS)
        return f"redis+sentinel://:{self._password}@{hosts}/{SERVICE}/0"

    def start(self) -> None:
        for program in (*self.servers.values(), *self.sentinels.values()):
            program.start()
        await_that("Redis has a primary with a replica, and Sentinels that agree", self.is_whole, 90)

    def primary(self) -> Program:
        """As a Sentinel says."""
        host, _ = cast("tuple[str, str]", self._sentinel("n1").sentinel_get_master_addr_by_name(SERVICE))
        return next(program for program in self.servers.values() if network.address(program.machine) == host)

    def is_whole(self) -> bool:
        client = Redis(
            network.address(self.primary().machine),
            PORT,
            password=self._password,
            socket_timeout=2,
            decode_responses=True,
        )
        with client:
            replication = client.info("replication")
        states = [cast("dict[str, Any]", self._sentinel(name).sentinel_master(SERVICE)) for name in SENTINELS]
        return (
            replication["role"] == "master"
            and replication["connected_slaves"] == 1
            and all((each["num-slaves"], each["num-other-sentinels"]) == (1, 2) for each in states)
        )

    def _sentinel(self, machine: str) -> Redis:
        return Redis(network.address(machine), SENTINEL_PORT, socket_timeout=2, decode_responses=True)
