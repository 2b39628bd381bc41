"""A Redis with a replica, under Sentinels of the tests' own: each of them can be killed, stopped and started again."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.support.paths import ROOT
from tests.support.waiting import until
from tools import locate, ports, service_user, throwaway
from tools.state import State, open_state

SERVICE = "mymaster"
PASSWORD, SENTINEL_PASSWORD = "of-the-servers", "of-the-sentinels"
DOWN_AFTER_MS = 300
COMMON = ("bind 127.0.0.1", "daemonize no", "loglevel warning")


@dataclass
class Program:
    """One process, of the account that runs the tests' servers."""

    name: str
    server: Path
    folder: Path
    settings: tuple[str, ...]
    password: str
    port: int = field(default_factory=lambda: ports.pick(None))
    process: subprocess.Popen | None = None

    def start(self):
        file = self.folder / f"{self.name}.conf"
        if not file.exists():
            # Sentinel writes what it knows into its file, and so does a server that it promotes.
            file.write_text(
                "\n".join((*COMMON, f"port {self.port}", f"dir {self.folder}", *self.settings, ""))
            )
            service_user.give(file)
        kind = ("--sentinel",) if self.name.startswith("sentinel") else ()
        self.process = subprocess.Popen(
            [self.server, file, *kind],
            cwd="/",
            env=service_user.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            **service_user.run_as(),
        )
        until(self.answers)

    def client(self):
        return Redis(port=self.port, password=self.password, socket_timeout=1, retry=None)

    def answers(self):
        with contextlib.suppress(RedisError), self.client() as client:
            return client.ping()
        return False

    def ask(self, *command):
        with self.client() as client:
            return client.execute_command(*command)

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Watched:
    """Two servers and some Sentinels; the first server is the primary at the start."""

    def __init__(self, folder, server, sentinels):
        access = (
            f"requirepass {PASSWORD}",
            f"masterauth {PASSWORD}",
            "appendonly no",
            'save ""',
            "repl-diskless-sync-delay 0",
        )
        self.servers = [Program(f"redis{number}", server, folder, access, PASSWORD) for number in (1, 2)]
        first, second = self.servers
        second.settings += (f"replicaof 127.0.0.1 {first.port}",)
        quorum = sentinels // 2 + 1
        shipped = (ROOT / "deploy" / "sentinel.conf").read_text(encoding="utf-8")
        for ours, here in {
            "port 26379": "",
            f"monitor {SERVICE} 10.0.0.1 6379 2": f"monitor {SERVICE} 127.0.0.1 {first.port} {quorum}",
            f"auth-pass {SERVICE} PASSWORD": f"auth-pass {SERVICE} {PASSWORD}",
            f"milliseconds {SERVICE} 5000": f"milliseconds {SERVICE} {DOWN_AFTER_MS}",
            f"timeout {SERVICE} 10000": f"timeout {SERVICE} 2000",
        }.items():
            assert ours in shipped
            shipped = shipped.replace(ours, here)
        watching = (f"requirepass {SENTINEL_PASSWORD}", shipped)
        self.sentinels = [
            Program(f"sentinel{number}", server, folder, watching, SENTINEL_PASSWORD)
            for number in range(sentinels)
        ]

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels)
        return f"redis+sentinel://:{PASSWORD}@{hosts}/{SERVICE}/0?sentinel_password={SENTINEL_PASSWORD}"

    def start(self):
        for each in self.servers:
            each.start()
        until(lambda: self._replicas() == 1)
        for each in self.sentinels:
            each.start()
        until(lambda: all(self._knows_all(each) for each in self.sentinels))

    def primary_port(self):
        """As the first Sentinel that answers says."""
        answering = next(each for each in self.sentinels if each.answers())
        _, port = answering.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return int(port)

    def swap(self, *, is_cut_off=False):
        """Make the second server the primary by hand, without closing connections to the first, as Sentinel would.

        :param is_cut_off: the first one has not heard of it, and has lost its replica
        """
        first, second = self.servers
        for each in self.sentinels:
            each.ask("SENTINEL", "REMOVE", SERVICE)
        second.ask("REPLICAOF", "NO", "ONE")
        if is_cut_off:
            first.ask("CONFIG", "SET", "min-replicas-to-write", 1)
            until(lambda: first.ask("ROLE")[2] == [])
        else:
            first.ask("REPLICAOF", "127.0.0.1", second.port)
        for each in self.sentinels:
            each.ask("SENTINEL", "MONITOR", SERVICE, "127.0.0.1", second.port, 1)
            each.ask("SENTINEL", "SET", SERVICE, "auth-pass", PASSWORD)

    def await_failover(self):
        """Wait until the second server is the primary."""
        second = self.servers[1]
        until(lambda: self.primary_port() == second.port and second.ask("ROLE")[0] == b"master", 20)

    def stop(self):
        for each in (*self.sentinels, *self.servers):
            each.kill()

    def _replicas(self):
        return len(self.servers[0].ask("ROLE")[2])

    def _knows_all(self, sentinel):
        with sentinel.client() as client:
            state = client.sentinel_master(SERVICE)
        return (state["num-slaves"], state["num-other-sentinels"]) == (1, len(self.sentinels) - 1)


@pytest.fixture
def watched():
    """Start servers under so many Sentinels: `watched(3)`."""
    home = State(open_state().folder("test"))
    programs = locate.redis(home)
    with contextlib.ExitStack() as held:

        def run(sentinels=1):
            folder = held.enter_context(throwaway.own_run(home)).path / "sentinel"
            folder.mkdir()
            service_user.give(folder)
            found = Watched(folder, programs.path(*locate.REDIS_SERVERS), sentinels)
            held.callback(found.stop)
            found.start()
            return found

        yield run
